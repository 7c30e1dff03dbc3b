import { expect, it } from 'vitest';
import type { RetainedValue } from '../../../../lib/core/room-log.ts';
import { snapshotOf } from '../../../../lib/core/stream/recovery.ts';
import { closing, inStream, position } from './room-events.ts';
import { type StreamRoom, streamRoom } from './stream-room.ts';

const DAY = 24 * 60 * 60 * 1000;

const snapshot = async ({ deps, cursor }: StreamRoom) =>
  (await snapshotOf(deps.store, 'r', await cursor()))?.map(({ data }) => data);

it('a state without new events stays in the snapshot as long as its room gets events, and as long as the epoch after that', async () => {
  const room = streamRoom();
  await room.serve([inStream(1, { type: 'room_state_changed', data: { state: 'active' } })]);
  const { epoch } = await room.cursor();
  for (let day = 1; day <= 200; day += 1) {
    await room.time.advance(DAY);
    if (day % 29 === 0) await room.serve([inStream(day + 1)]);
    expect(await snapshot(room)).toEqual([{ state: 'active' }]);
  }
  await room.time.advance(3 * DAY);
  expect(await room.cursor()).toMatchObject({ epoch });
  expect(await snapshot(room)).toEqual([{ state: 'active' }]);
});

it('a state without new events costs at most one write in three weeks, and its room one read in a week', async () => {
  const room = streamRoom();
  const states = Array.from({ length: 10 }, (_, index) => inStream(index + 1, position(`p${index}`)));
  await room.serve(states);
  room.calls.length = 0;
  for (let day = 1; day <= 90; day += 1) {
    await room.time.advance(DAY);
    await room.serve([inStream(100 + day)]);
  }
  const count = (name: string) => room.calls.filter((call) => call === name).length;
  expect(count('putRetainedValue')).toBeLessThanOrEqual((90 / 21) * states.length);
  expect(count('readAllRetainedValues')).toBeLessThanOrEqual(90 / 7);
});

it('a renewal does not bring back a state that has ended', async () => {
  const room = streamRoom();
  await room.serve([inStream(1, position('p')), inStream(2, closing('p'))]);
  await room.time.advance(8 * DAY);
  await room.serve([inStream(3)]);
  expect(await snapshot(room)).toEqual([]);
});

it('a renewal does not extend how long the end of a state is retained', async () => {
  const room = streamRoom();
  await room.serve([inStream(1)]);
  await room.time.advance(6.9 * DAY);
  await room.serve([inStream(2, closing('p'))]);
  room.calls.length = 0;
  await room.time.advance(0.2 * DAY);
  await room.serve([inStream(3)]);
  expect(room.calls).toContain('readAllRetainedValues');
  expect(room.calls).not.toContain('putRetainedValue');
});

it.each([
  ['has no state any more', { type: 'order_executed', data: '{}' }],
  ['has another state now', { type: 'leaderboard_update', data: '{}' }],
  ['no longer ends its state', { type: 'position_update', data: 'null' }],
  ['does not exist any more', { type: 'wave', data: '{}' }],
])(
  'a value that an older release retained for a type that %s is in no snapshot and is not renewed',
  async (_, value) => {
    const room = streamRoom();
    await room.serve([inStream(1, position('p'))]);
    const { epoch } = await room.cursor();
    const [kept] = (await room.deps.store.readAllRetainedValues('r', epoch)).values;
    const old = { ...kept, ...value, key: 'old' } as RetainedValue;
    await room.deps.store.putRetainedValue('r', epoch, old);
    expect(await snapshot(room)).toEqual([{ positionId: 'p' }]);
    for (let day = 0; day < 80; day += 8) {
      await room.time.advance(8 * DAY);
      await room.serve([inStream(2 + day)]);
    }
    const { values } = await room.deps.store.readAllRetainedValues('r', epoch);
    expect(values.map(({ key }) => key)).toEqual(['position p']);
  },
);

it('a state that could not be renewed is renewed at the next event, and holds up nobody', async () => {
  const room = streamRoom();
  await room.join('a');
  await room.serve([inStream(1, position('p'))]);
  const { readAllRetainedValues } = room.deps.store;
  room.deps.store.readAllRetainedValues = () => Promise.reject(new Error('throttled'));
  await room.time.advance(25 * DAY);
  expect(await room.serve([inStream(2)])).toEqual([]);
  expect(room.errors).toEqual(['retained_values_not_renewed']);
  room.deps.store.readAllRetainedValues = readAllRetainedValues;
  await room.serve([inStream(3)]);
  await room.time.advance(29 * DAY);
  await room.serve([inStream(4)]);
  await room.time.advance(10 * DAY);
  expect(await snapshot(room)).toEqual([{ positionId: 'p' }]);
});
