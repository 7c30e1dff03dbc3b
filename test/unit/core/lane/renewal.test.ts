import { describe, expect, it } from 'vitest';
import { snapshotOf } from '../../../../lib/core/stream/recover.ts';
import { type LaneRoom, laneRoom } from './lane-room.ts';
import { closing, inLane, position } from './room-events.ts';

const DAY = 24 * 60 * 60 * 1000;

const snapshot = async ({ deps, head }: LaneRoom) =>
  (await snapshotOf(deps.store, 'r', await head()))?.map(({ data }) => data);

describe('a state that nobody publishes again', () => {
  it('is in the snapshot as long as its room gets events, and as long after as the room has its epoch', async () => {
    const room = laneRoom();
    await room.serve([inLane(1, { type: 'room_state_changed', data: { state: 'active' } })]);
    const { epoch } = await room.head();
    for (let day = 1; day <= 200; day += 1) {
      await room.time.advance(DAY);
      if (day % 29 === 0) await room.serve([inLane(day + 1)]);
      expect(await snapshot(room)).toEqual([{ state: 'active' }]);
    }
    await room.time.advance(3 * DAY);
    expect(await room.head()).toMatchObject({ epoch });
    expect(await snapshot(room)).toEqual([{ state: 'active' }]);
  });

  it('costs at most one write in three weeks, and its room one read in a week', async () => {
    const room = laneRoom();
    const states = Array.from({ length: 10 }, (_, index) => inLane(index + 1, position(`p${index}`)));
    await room.serve(states);
    room.calls.length = 0;
    for (let day = 1; day <= 90; day += 1) {
      await room.time.advance(DAY);
      await room.serve([inLane(100 + day)]);
    }
    const count = (name: string) => room.calls.filter((call) => call === name).length;
    expect(count('putLastValue')).toBeLessThanOrEqual((90 / 21) * states.length);
    expect(count('readAllLastValues')).toBeLessThanOrEqual(90 / 7);
  });

  it('is not brought back by a renewal where it has ended', async () => {
    const room = laneRoom();
    await room.serve([inLane(1, position('p')), inLane(2, closing('p'))]);
    await room.time.advance(8 * DAY);
    await room.serve([inLane(3)]);
    expect(await snapshot(room)).toEqual([]);
  });

  it('is renewed at the next event where it could not be at this one, and holds up nobody', async () => {
    const room = laneRoom();
    await room.join('a');
    await room.serve([inLane(1, position('p'))]);
    const { readAllLastValues } = room.deps.store;
    room.deps.store.readAllLastValues = () => Promise.reject(new Error('throttled'));
    await room.time.advance(25 * DAY);
    expect(await room.serve([inLane(2)])).toEqual([]);
    expect(room.errors).toEqual(['states_not_renewed']);
    room.deps.store.readAllLastValues = readAllLastValues;
    await room.serve([inLane(3)]);
    await room.time.advance(29 * DAY);
    await room.serve([inLane(4)]);
    await room.time.advance(10 * DAY);
    expect(await snapshot(room)).toEqual([{ positionId: 'p' }]);
  });
});
