import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LoggedEvent, RoomLog } from '../../../../lib/core/room-log.ts';
import { append, type LaneEvent } from '../../../../lib/core/stream/append.ts';
import { START } from '../../../support/virtual-time.ts';
import { type LaneRoom, laneRoom } from './lane-room.ts';
import { closing, inLane, position, sequenceNumber } from './room-events.ts';

const SECONDS = START / 1000;
const DAY = 24 * 60 * 60;

async function logOf({ deps, head }: LaneRoom): Promise<readonly LoggedEvent[]> {
  const { epoch, seq } = await head();
  return (await deps.store.readEvents('r', epoch, { after: 0, upTo: seq })).events;
}

const numbersById = (events: readonly LoggedEvent[]) => events.map(({ id, seq }) => [id, seq]);

describe('events that are appended', () => {
  it('are numbered from 1 on in the order of the lane, and the head counts them', async () => {
    const room = laneRoom();
    const { head, logged } = await append(room.deps, 'r', [inLane(7), inLane(9)]);
    expect(numbersById(logged)).toEqual([
      ['event-7', 1],
      ['event-9', 2],
    ]);
    expect(await logOf(room)).toEqual(logged);
    expect(head).toEqual(await room.head());
    expect(head).toMatchObject({ seq: 2, sent: 0, flushed: 0, lastSequenceNumber: sequenceNumber(9) });
  });

  it('go on behind the last, in the same epoch', async () => {
    const room = laneRoom();
    const first = await append(room.deps, 'r', [inLane(1)]);
    const second = await append(room.deps, 'r', [inLane(2)]);
    expect(numbersById(second.logged)).toEqual([['event-2', 2]]);
    expect(second.head.epoch).toBe(first.head.epoch);
  });

  it('that newer ones supersede, or that are older than what is known, have their numbers too', async () => {
    const room = laneRoom();
    const older = { ...position('p'), publishedAt: START - 1 };
    const batch = [
      inLane(1, position('p')),
      inLane(2, older),
      inLane(3, closing('p')),
      inLane(4, position('p')),
    ];
    const { logged } = await append(room.deps, 'r', batch);
    expect(logged.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(await logOf(room)).toEqual(logged);
  });

  it('are written before the head that counts them, and nothing else is', async () => {
    const room = laneRoom();
    await append(room.deps, 'r', [inLane(1, position('p')), inLane(2)]);
    expect(room.calls.at(-1)).toBe('moveHead');
    room.calls.length = 0;
    await append(room.deps, 'r', [inLane(3, position('p')), inLane(4, closing('p'))]);
    expect(room.calls).toEqual(['readHead', 'putEvent', 'putEvent', 'moveHead']);
  });

  it('can be recovered as long as the setting says; the head lasts for thirty days', async () => {
    const room = laneRoom({ logTtlMs: 90_000 });
    const { head, logged } = await append(room.deps, 'r', [
      inLane(1, closing('p')),
      inLane(2, position('q')),
    ]);
    expect(head.ttl).toBe(SECONDS + 30 * DAY);
    expect(logged.map(({ ttl }) => ttl)).toEqual([SECONDS + 90, SECONDS + 90]);
  });
});

describe('a room that gets an event a day', () => {
  it('keeps its epoch and its numbers for longer than a head lasts: every event renews the head', async () => {
    const room = laneRoom();
    const { head: first } = await append(room.deps, 'r', [inLane(1)]);
    for (let day = 1; day <= 40; day += 1) {
      await room.time.advance(DAY * 1_000);
      const { head } = await append(room.deps, 'r', [inLane(day + 1)]);
      expect(head).toMatchObject({ epoch: first.epoch, seq: day + 1 });
      expect(head.ttl).toBe(room.time.clock() / 1_000 + 30 * DAY);
    }
  });
});

describe('a batch that comes again', () => {
  it('writes nothing, and has nothing to send', async () => {
    const room = laneRoom();
    const { head } = await append(room.deps, 'r', [inLane(1), inLane(2)]);
    room.calls.length = 0;
    expect(await append(room.deps, 'r', [inLane(1), inLane(2)])).toEqual({ head, logged: [] });
    expect(room.calls).toEqual(['readHead']);
  });

  it('gives every event the number that it had, however it is cut', async () => {
    const cut = fc.tuple(fc.nat({ max: 8 }), fc.nat({ max: 8 }));
    const property = fc.asyncProperty(fc.array(cut, { maxLength: 6 }), async (cuts) => {
      const room = laneRoom();
      const lane = Array.from({ length: 8 }, (_, index) => inLane(index + 1));
      // What SQS has not deleted comes again: a batch never begins behind what is still missing.
      let done = 0;
      for (const [from, count] of [...cuts, [0, 8] as const]) {
        const begin = Math.min(from, done);
        const batch: LaneEvent[] = lane.slice(begin, begin + count);
        await append(room.deps, 'r', batch);
        done = Math.max(done, begin + batch.length);
      }
      const expected = lane.map(({ event }, index) => [event.id, index + 1]);
      expect(numbersById(await logOf(room))).toEqual(expected);
    });
    await fc.assert(property);
  });
});

describe('a writer', () => {
  /** The store, with something that happens right before the head is written. */
  const beforeHead = (room: LaneRoom, meanwhile: () => Promise<unknown>): RoomLog => {
    const { moveHead } = room.deps.store;
    return {
      ...room.deps.store,
      async moveHead(...write) {
        await meanwhile();
        return moveHead(...write);
      },
    };
  };

  it('that another has overtaken throws and counts nothing', async () => {
    const room = laneRoom();
    await append(room.deps, 'r', [inLane(1)]);
    const store = beforeHead(room, () => append(room.deps, 'r', [inLane(2)]));
    const late = append({ ...room.deps, store }, 'r', [inLane(2), inLane(3)]);
    await expect(late).rejects.toThrow('another writer has moved the head');
    expect((await room.head()).seq).toBe(2);
  });

  it('that finds the row of a later message throws and counts nothing: the number is not its own', async () => {
    const room = laneRoom();
    const { epoch } = (await append(room.deps, 'r', [inLane(1)])).head;
    const [theirs] = (await append(laneRoom().deps, 'r', [inLane(9, { id: 'later' })])).logged;
    if (theirs === undefined) throw new Error('nothing was logged');
    await room.deps.store.putEvent('r', epoch, { ...theirs, seq: 2 });
    await expect(append(room.deps, 'r', [inLane(5)])).rejects.toThrow('a later message of this room');
    expect((await room.head()).seq).toBe(1);
  });

  it('that died before the head has counted nothing: the next gives the numbers anew', async () => {
    const room = laneRoom();
    const store = beforeHead(room, () => Promise.reject(new Error('died')));
    await expect(append({ ...room.deps, store }, 'r', [inLane(1), inLane(2)])).rejects.toThrow('died');
    await append(room.deps, 'r', [inLane(2)]);
    expect(numbersById(await logOf(room))).toEqual([['event-2', 1]]);
  });
});

describe('a room whose head is lost', () => {
  it('begins a new epoch, in which numbers begin at 1', async () => {
    const room = laneRoom();
    const { head } = await append(room.deps, 'r', [inLane(1)]);
    await room.time.advance(31 * DAY * 1000);
    const again = await append(room.deps, 'r', [inLane(2)]);
    expect(numbersById(again.logged)).toEqual([['event-2', 1]]);
    expect(again.head.epoch).not.toBe(head.epoch);
  });
});
