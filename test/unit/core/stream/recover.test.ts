import { expect, it } from 'vitest';
import type { Cursor, LoggedEvent } from '../../../../lib/core/room-log.ts';
import { MAX_RECOVERED_EVENTS, missedSince, snapshotOf } from '../../../../lib/core/stream/recovery.ts';
import { START } from '../../../support/virtual-time.ts';
import { closing, type EventOptions, logged, position } from './room-events.ts';
import { deliverNow, roomWith as roomThatLogged, type StreamRoom } from './stream-room.ts';

/** A room that has logged these events, but sent none, and what a client has missed of them. */
async function roomWith(...events: EventOptions[]) {
  return recoveryOf(await roomThatLogged(events));
}

/** The same, but the first of the events have been sent as well. */
async function roomThatSent(sent: readonly EventOptions[], behind: readonly EventOptions[] = []) {
  const room = await roomThatLogged(sent);
  await deliverNow(room);
  return recoveryOf(await roomThatLogged(behind, room));
}

async function recoveryOf(room: StreamRoom) {
  const cursor = await room.cursor();
  const { store } = room.deps;
  const { epoch } = cursor;
  return {
    ...room,
    cursor,
    since: (seq: number) => missedSince(store, 'r', cursor, { epoch, seq }),
    snapshot: () => snapshotOf(store, 'r', cursor),
  };
}

const chainOf = (missed: Awaited<ReturnType<typeof missedSince>>) =>
  missed.ok ? missed.events.map(({ prev, seq }) => [prev, seq]) : missed.reason;

/** A log that holds these events, all sent, which are read in pages. */
function logOf(events: readonly LoggedEvent[], pageSize = 100) {
  const cursor: Cursor = {
    epoch: 'e',
    seq: events.length,
    lastFrameSeq: events.length,
    deliveredSeq: events.length,
    deliveredAt: 0,
    deliveryMs: 0,
    lastSequenceNumber: '',
    ttl: 9e12,
  };
  const readEvents = async (_: string, __: string, { after, upTo }: { after: number; upTo: number }) => {
    const reached = Math.min(upTo, after + pageSize);
    return { events: events.filter(({ seq }) => after < seq && seq <= reached), reached };
  };
  const store = { readEvents, readRetainedValues: async () => [] };
  return { since: (seq: number) => missedSince(store, 'r', cursor, { epoch: 'e', seq }) };
}

it('a recovery has every event since, in order, in a chain that begins at the client’s number', async () => {
  const room = await roomWith({}, { id: 'second', data: { price: 2 } }, {});
  expect(await room.since(1)).toEqual({
    ok: true,
    events: [
      expect.objectContaining({
        type: 'order_executed',
        data: { price: 2 },
        roomId: 'r',
        id: 'second',
        publishedAt: START,
        epoch: room.cursor.epoch,
        seq: 2,
        prev: 1,
      }),
      expect.objectContaining({ seq: 3, prev: 2 }),
    ],
  });
});

it('a recovery has every order and closed position, and of each state the newest', async () => {
  const events = [{}, position('p'), closing('q'), position('p'), {}, { ...position('p'), publishedAt: 1 }];
  const room = await roomWith(...events);
  expect(chainOf(await room.since(0))).toEqual([
    [0, 1],
    [1, 3],
    [3, 4],
    [4, 5],
  ]);
});

it('a recovery has what is logged, whether it was sent or not', async () => {
  const room = await roomWith({}, {});
  expect(room.cursor.lastFrameSeq).toBe(0);
  expect(chainOf(await room.since(0))).toHaveLength(2);
});

it('a recovery has no event that is older than what was sent, or of a closed position', async () => {
  const older = { ...position('p'), publishedAt: START - 1 };
  const room = await roomThatSent([position('p'), closing('q')], [older, position('q'), {}]);
  expect(room.cursor.deliveredSeq).toBe(2);
  expect(chainOf(await room.since(2))).toEqual([[2, 5]]);
  expect(chainOf(await room.since(0))).toEqual([
    [0, 1],
    [1, 2],
    [2, 5],
  ]);
});

it('a recovery has no older event of a state whose newest was sent and is not a retained value yet', async () => {
  const older = { ...position('p'), publishedAt: START - 1 };
  const room = await roomWith(position('p'), closing('q'), older, position('q'), {});
  expect(room.cursor.deliveredSeq).toBe(0);
  expect(await room.deps.store.readRetainedValues('r', room.cursor.epoch, ['position p'])).toEqual([]);
  expect(chainOf(await room.since(2))).toEqual([[2, 5]]);
});

it('a recovery of a client that has the last frame is empty', async () => {
  expect(await (await roomWith({}, {})).since(2)).toEqual({ ok: true, events: [] });
});

it('a recovery reads the log to the end, page by page', async () => {
  const log = logOf(
    Array.from({ length: 250 }, (_, index) => logged(index + 1)),
    100,
  );
  expect(chainOf(await log.since(10))).toHaveLength(240);
});

it('there is no recovery from another epoch, or from a number that this one has not reached', async () => {
  const { deps, cursor, since } = await roomWith({}, {});
  const other = await missedSince(deps.store, 'r', cursor, { epoch: 'another', seq: 1 });
  expect([chainOf(other), chainOf(await since(3))]).toEqual(['epoch_changed', 'epoch_changed']);
});

it('there is no recovery if an event of it has expired', async () => {
  const room = await roomThatSent([{}, {}]);
  await room.time.advance(599_000);
  expect(chainOf(await room.since(0))).toHaveLength(2);
  await room.time.advance(1_000);
  expect(chainOf(await room.since(0))).toBe('too_old');
  expect(chainOf(await room.since(1))).toBe('too_old');
  expect(chainOf(await room.since(2))).toEqual([]);
});

it('there is no recovery if a single event in between is missing', async () => {
  const events = Array.from({ length: 5 }, (_, index) => logged(index === 2 ? 99 : index + 1));
  expect(chainOf(await logOf(events).since(0))).toBe('too_old');
  expect(chainOf(await logOf(events).since(3))).toHaveLength(2);
});

it('there is no recovery of more than a thousand events, and they are not read', async () => {
  expect(MAX_RECOVERED_EVENTS).toBe(1_000);
  const { since } = logOf(Array.from({ length: 1_001 }, (_, index) => logged(index + 1, position('p'))));
  expect(chainOf(await since(1))).toEqual([[1, 1_001]]);
  expect(chainOf(await since(0))).toBe('too_old');
});

it('there is no recovery of more than a client should wait for', async () => {
  const text = 'x'.repeat(100_000);
  const events = Array.from({ length: 50 }, (_, index) => logged(index + 1, { data: { text } }));
  expect(chainOf(await logOf(events).since(0))).toBe('too_large');
  expect(chainOf(await logOf(events).since(10))).toHaveLength(40);
});

const events = [
  position('p'),
  { type: 'room_state_changed', data: { state: 'open' } } as const,
  position('q'),
  {},
  closing('q'),
  { ...position('p'), data: { positionId: 'p', currentPrice: 2 } },
  { ...position('p'), publishedAt: START - 1 },
  position('q'),
];

it.each([0, 3, 5, 6, 8])(
  'a snapshot has the retained values of all states that have not ended, in order, if %i events are to be sent',
  async (sent) => {
    const room = await roomThatSent(events.slice(0, sent), events.slice(sent));
    expect(room.cursor).toMatchObject({ seq: 8, deliveredSeq: sent });
    const { epoch } = room.cursor;
    const rest = { roomId: 'r', publishedAt: START, epoch };
    expect(await room.snapshot()).toEqual([
      { type: 'room_state_changed', data: { state: 'open' }, id: 'event-2', seq: 2, ...rest },
      {
        type: 'position_update',
        data: { positionId: 'p', currentPrice: 2 },
        id: 'event-6',
        seq: 6,
        ...rest,
      },
    ]);
  },
);

it('a snapshot still has values when the events have expired', async () => {
  const room = await roomThatSent([position('p')]);
  await room.time.advance(3_600_000);
  expect(await room.snapshot()).toHaveLength(1);
});

it('a snapshot of a room without events is empty', async () => {
  expect(await (await roomWith({})).snapshot()).toEqual([]);
});
