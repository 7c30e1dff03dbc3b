import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { LoggedEvent, RoomLog } from '../../../../lib/core/room-log.ts';
import { append, type QueuedEvent } from '../../../../lib/core/stream/append.ts';
import { recordingLog } from '../../../support/recording-log.ts';
import { START } from '../../../support/virtual-time.ts';
import { closing, inStream, position, sequenceNumber } from './room-events.ts';
import { type StreamRoom, streamRoom } from './stream-room.ts';

const SECONDS = START / 1000;
const DAY = 24 * 60 * 60;

async function logOf({ deps, cursor }: StreamRoom): Promise<readonly LoggedEvent[]> {
  const { epoch, seq } = await cursor();
  return (await deps.store.readEvents('r', epoch, { after: 0, upTo: seq })).events;
}

const numbersById = (events: readonly LoggedEvent[]) => events.map(({ id, seq }) => [id, seq]);

it('appended events are numbered from 1 in the order of the stream, and the cursor counts them', async () => {
  const room = streamRoom();
  const { cursor, logged } = await append(room.deps, 'r', [inStream(7), inStream(9)]);
  expect(numbersById(logged)).toEqual([
    ['event-7', 1],
    ['event-9', 2],
  ]);
  expect(await logOf(room)).toEqual(logged);
  expect(cursor).toEqual(await room.cursor());
  expect(cursor).toMatchObject({
    seq: 2,
    lastFrameSeq: 0,
    deliveredSeq: 0,
    lastSequenceNumber: sequenceNumber(9),
  });
});

it('appended events go on after the last number, in the same epoch', async () => {
  const room = streamRoom();
  const first = await append(room.deps, 'r', [inStream(1)]);
  const second = await append(room.deps, 'r', [inStream(2)]);
  expect(numbersById(second.logged)).toEqual([['event-2', 2]]);
  expect(second.cursor.epoch).toBe(first.cursor.epoch);
});

it('superseded and outdated events have their numbers, too', async () => {
  const room = streamRoom();
  const older = { ...position('p'), publishedAt: START - 1 };
  const batch = [
    inStream(1, position('p')),
    inStream(2, older),
    inStream(3, closing('p')),
    inStream(4, position('p')),
  ];
  const { logged } = await append(room.deps, 'r', batch);
  expect(logged.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  expect(await logOf(room)).toEqual(logged);
});

it('events are written before the cursor that counts them, and nothing else is', async () => {
  const room = streamRoom();
  await append(room.deps, 'r', [inStream(1, position('p')), inStream(2)]);
  expect(room.calls.at(-1)).toBe('advanceCursor');
  room.calls.length = 0;
  await append(room.deps, 'r', [inStream(3, position('p')), inStream(4, closing('p'))]);
  expect(room.calls).toEqual(['readCursor', 'putEvent', 'putEvent', 'advanceCursor']);
});

it('an event has the attribute of a state only if it has a state, because DynamoDB refuses undefined attributes', async () => {
  const { logged } = await append(streamRoom().deps, 'r', [inStream(1), inStream(2, position('p'))]);
  expect(logged.map((event) => 'key' in event)).toEqual([false, true]);
});

it('an event is kept as long as the setting says, and the cursor for thirty days', async () => {
  const room = streamRoom({ logTtlMs: 90_000 });
  const { cursor, logged } = await append(room.deps, 'r', [
    inStream(1, closing('p')),
    inStream(2, position('q')),
  ]);
  expect(cursor.ttl).toBe(SECONDS + 30 * DAY);
  expect(logged.map(({ ttl }) => ttl)).toEqual([SECONDS + 90, SECONDS + 90]);
});

it('a room that gets an event a day keeps its epoch for longer than a cursor lasts, because every event renews the cursor', async () => {
  const room = streamRoom();
  const { cursor: first } = await append(room.deps, 'r', [inStream(1)]);
  for (let day = 1; day <= 40; day += 1) {
    await room.time.advance(DAY * 1_000);
    const { cursor } = await append(room.deps, 'r', [inStream(day + 1)]);
    expect(cursor).toMatchObject({ epoch: first.epoch, seq: day + 1 });
    expect(cursor.ttl).toBe(room.time.clock() / 1_000 + 30 * DAY);
  }
});

it('a redelivered batch writes nothing, and has nothing to send', async () => {
  const room = streamRoom();
  const { cursor } = await append(room.deps, 'r', [inStream(1), inStream(2)]);
  room.calls.length = 0;
  expect(await append(room.deps, 'r', [inStream(1), inStream(2)])).toEqual({ cursor, logged: [] });
  expect(room.calls).toEqual(['readCursor']);
});

it('the events of a queue that begins its numbers again are ignored, and one line says how many and which', async () => {
  const room = streamRoom();
  const { log, lines } = recordingLog();
  await append(room.deps, 'r', [inStream(7), inStream(8)]);
  const { cursor, logged } = await append({ ...room.deps, log }, 'r', [inStream(1), inStream(2)]);
  expect(logged).toEqual([]);
  expect(lines).toEqual([
    {
      level: 'warn',
      name: 'events_ignored',
      fields: {
        roomId: 'r',
        epoch: cursor.epoch,
        seq: 2,
        events: 2,
        eventIds: ['event-1', 'event-2'],
        sequenceNumber: sequenceNumber(2),
        lastSequenceNumber: sequenceNumber(8),
      },
    },
  ]);
});

it('the last logged event is not reported as ignored when its delivery is retried', async () => {
  const room = streamRoom();
  const { log, lines } = recordingLog();
  await append(room.deps, 'r', [inStream(7)]);
  await append({ ...room.deps, log }, 'r', [inStream(7), inStream(8)]);
  expect(lines).toEqual([]);
});

it('every event of a redelivered batch keeps its number, however the batch is divided', async () => {
  const cut = fc.tuple(fc.nat({ max: 8 }), fc.nat({ max: 8 }));
  const property = fc.asyncProperty(fc.array(cut, { maxLength: 6 }), async (cuts) => {
    const room = streamRoom();
    const stream = Array.from({ length: 8 }, (_, index) => inStream(index + 1));
    // SQS delivers again what was not deleted: a batch never begins after a message that is still missing.
    let done = 0;
    for (const [from, count] of [...cuts, [0, 8] as const]) {
      const begin = Math.min(from, done);
      const batch: QueuedEvent[] = stream.slice(begin, begin + count);
      await append(room.deps, 'r', batch);
      done = Math.max(done, begin + batch.length);
    }
    const expected = stream.map(({ event }, index) => [event.id, index + 1]);
    expect(numbersById(await logOf(room))).toEqual(expected);
  });
  await fc.assert(property);
});

/** The store, with something that happens right before the cursor is written. */
const beforeCursor = (room: StreamRoom, meanwhile: () => Promise<unknown>): RoomLog => {
  const { advanceCursor } = room.deps.store;
  return {
    ...room.deps.store,
    async advanceCursor(...write) {
      await meanwhile();
      return advanceCursor(...write);
    },
  };
};

it('a writer that another has overtaken throws and counts nothing', async () => {
  const room = streamRoom();
  await append(room.deps, 'r', [inStream(1)]);
  const store = beforeCursor(room, () => append(room.deps, 'r', [inStream(2)]));
  const late = append({ ...room.deps, store }, 'r', [inStream(2), inStream(3)]);
  // Not toThrow: it takes any text for that of a rejection with nothing.
  await expect(late).rejects.toMatchObject({
    message: expect.stringContaining('another writer has moved it'),
  });
  expect((await room.cursor()).seq).toBe(2);
});

it('a writer that finds the row of a later message throws and counts nothing', async () => {
  const room = streamRoom();
  const { epoch } = (await append(room.deps, 'r', [inStream(1)])).cursor;
  const [theirs] = (await append(streamRoom().deps, 'r', [inStream(9, { id: 'later' })])).logged;
  if (theirs === undefined) throw new Error('nothing was logged');
  await room.deps.store.putEvent('r', epoch, { ...theirs, seq: 2 });
  await expect(append(room.deps, 'r', [inStream(5)])).rejects.toMatchObject({
    message: expect.stringContaining('a later message of this room'),
  });
  expect((await room.cursor()).seq).toBe(1);
});

it('after a writer that crashed before it advanced the cursor, the next writer gives the same numbers again', async () => {
  const room = streamRoom();
  const store = beforeCursor(room, () => Promise.reject(new Error('died')));
  await expect(append({ ...room.deps, store }, 'r', [inStream(1), inStream(2)])).rejects.toThrow(
    new Error('died'),
  );
  await append(room.deps, 'r', [inStream(2)]);
  expect(numbersById(await logOf(room))).toEqual([['event-2', 1]]);
});

it('a room whose cursor is lost begins a new epoch, in which numbers begin at 1', async () => {
  const room = streamRoom();
  const { cursor } = await append(room.deps, 'r', [inStream(1)]);
  await room.time.advance(31 * DAY * 1000);
  const again = await append(room.deps, 'r', [inStream(2)]);
  expect(numbersById(again.logged)).toEqual([['event-2', 1]]);
  expect(again.cursor.epoch).not.toBe(cursor.epoch);
});
