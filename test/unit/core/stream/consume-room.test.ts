import { expect, it } from 'vitest';
import { consumeRoom, type QueuedMessage } from '../../../../lib/core/stream/consume-room.ts';
import { START } from '../../../support/virtual-time.ts';
import { deliverMessage, inStream, position } from './room-events.ts';
import { type StreamRoom, streamRoom } from './stream-room.ts';

const events = (from: number, count: number): QueuedMessage[] =>
  Array.from({ length: count }, (_, index) => inStream(from + index));
const sentTo = (room: StreamRoom, connectionId = 'a') => room.chainOf(connectionId).map(([, seq]) => seq);

async function roomWithMember(differences: Parameters<typeof streamRoom>[0] = {}): Promise<StreamRoom> {
  const room = streamRoom({ deliveryIntervalMs: 200, ...differences });
  await room.join('a');
  return room;
}

it('a quiet room sends its first event at once', async () => {
  const room = await roomWithMember();
  expect(await room.serve(events(1, 1))).toEqual([]);
  expect(sentTo(room)).toEqual([1]);
  expect(room.time.clock()).toBe(START);
});

it('a room sends an event at once when the delivery interval is over', async () => {
  const room = await roomWithMember();
  await room.serve(events(1, 1));
  await room.time.advance(200);
  await room.serve(events(2, 1));
  expect(sentTo(room)).toEqual([1, 2]);
  expect(room.time.clock()).toBe(START + 200);
});

it('a busy room logs the next event at once, and sends it when the delivery interval is over', async () => {
  const room = await roomWithMember();
  await room.serve(events(1, 1));
  await room.time.advance(50);
  const served = consumeRoom(room.deps, 'r', events(2, 1));
  await room.time.advance(149);
  expect(await room.cursor()).toMatchObject({ seq: 2, lastFrameSeq: 1 });
  expect(sentTo(room)).toEqual([1]);
  await room.time.advance(1);
  expect(await served).toEqual([]);
  expect(sentTo(room)).toEqual([1, 2]);
});

it('a busy room never waits for longer than the interval, even if the clock of the last delivery was ahead', async () => {
  const room = await roomWithMember();
  const ahead = { ...room.deps, clock: () => room.time.clock() + 60_000 };
  await room.time.run(consumeRoom(ahead, 'r', events(1, 1)));
  await room.serve(events(2, 1));
  expect(room.time.clock()).toBe(START + 200);
});

it('events that come together are sent together', async () => {
  const room = await roomWithMember();
  await room.serve([inStream(1, position('p')), inStream(2), inStream(3, position('p'))]);
  expect(room.chainOf('a')).toEqual([
    [0, 2],
    [2, 3],
  ]);
});

/** A room that has just been sent its first event. */
async function busyRoom(): Promise<StreamRoom> {
  const room = await roomWithMember();
  await room.serve(events(1, 1));
  return room;
}

it('a busy room only logs a full batch, and requests a delivery behind the events that wait', async () => {
  const room = await busyRoom();
  expect(await room.serve(events(2, 10))).toEqual([]);
  expect(await room.cursor()).toMatchObject({ seq: 11, lastFrameSeq: 1, deliveredSeq: 1 });
  expect(sentTo(room)).toEqual([1]);
  const { epoch } = await room.cursor();
  expect(room.queued).toEqual([{ roomId: 'r', epoch, deliveredSeq: 1 }]);
});

it('a delivery request sends all that is logged, and all full batches have asked for the same one', async () => {
  const room = await busyRoom();
  await room.serve(events(2, 10));
  await room.serve(events(12, 10));
  expect(new Set(room.queued.map(({ deliveredSeq }) => deliveredSeq))).toEqual(new Set([1]));
  expect(await room.serve([deliverMessage(22)])).toEqual([]);
  expect(sentTo(room)).toEqual(Array.from({ length: 21 }, (_, index) => index + 1));
});

it('a room sends a full batch at once if it was quiet, or if its delivery request was given up', async () => {
  const room = await roomWithMember();
  await room.serve(events(1, 10));
  expect(sentTo(room)).toHaveLength(10);
  await room.serve(events(11, 10));
  expect(sentTo(room)).toHaveLength(10);
  await room.time.advance(30_001);
  await room.serve(events(21, 10));
  expect(sentTo(room)).toHaveLength(30);
});

it('a busy room only logs full batches for six times as long as the last delivery took', async () => {
  const room = await roomWithMember();
  const { readMembers } = room.deps.store;
  const store: typeof room.deps.store = {
    ...room.deps.store,
    async readMembers(...page) {
      await room.deps.sleep(1_000);
      return readMembers(...page);
    },
  };
  await room.time.run(consumeRoom({ ...room.deps, store }, 'r', events(1, 1)));
  await room.time.advance(5_999);
  await room.serve(events(2, 10));
  expect(sentTo(room)).toEqual([1]);
  await room.time.advance(1);
  await room.serve(events(12, 10));
  expect(sentTo(room)).toHaveLength(21);
  expect(room.queued).toHaveLength(1);
});

it('a full batch with a delivery request in it is sent, because the request was behind the backlog', async () => {
  const room = await roomWithMember();
  await room.serve([...events(1, 9), deliverMessage(10)]);
  expect(sentTo(room)).toHaveLength(9);
  expect(room.queued).toEqual([]);
});

it('a batch that is not full sends what full ones have left', async () => {
  const room = await busyRoom();
  await room.serve(events(2, 10));
  await room.serve(events(12, 2));
  expect(sentTo(room)).toHaveLength(13);
  await room.serve([deliverMessage(14)]);
  expect(sentTo(room)).toHaveLength(13);
});

it('a room requests a delivery for what did not fit, each time at another position, until all is sent', async () => {
  const room = await roomWithMember({ postsPerSecond: 1, deliveryIntervalMs: 0 });
  await room.join('b');
  await room.serve(events(1, 5));
  let place = 6;
  for (let left = room.queued.length; left > 0 && place < 20; place += 1) {
    const asked = room.queued.length;
    await room.serve([deliverMessage(place)]);
    left = room.queued.length - asked;
  }
  expect(room.queued).toMatchObject([{ deliveredSeq: 2 }, { deliveredSeq: 4 }]);
  expect(sentTo(room)).toEqual([1, 2, 3, 4, 5]);
  expect(sentTo(room, 'b')).toEqual([1, 2, 3, 4, 5]);
});

it('redelivered messages are not sent again if they were sent', async () => {
  const room = await roomWithMember();
  await room.serve(events(1, 2));
  await room.time.advance(1_000);
  expect(await room.serve(events(1, 2))).toEqual([]);
  expect(sentTo(room)).toEqual([1, 2]);
  expect(room.reports).toHaveLength(1);
});

it('redelivered messages are sent, with those behind them, if they were only logged', async () => {
  const room = await roomWithMember();
  const [first = inStream(1), second = inStream(2)] = events(1, 2);
  const failing = {
    ...room.deps,
    store: { ...room.deps.store, readMembers: () => Promise.reject('Query') },
  };
  expect(await consumeRoom(failing, 'r', [first, second])).toEqual([second]);
  expect(await room.serve([second, inStream(3)])).toEqual([]);
  expect(sentTo(room)).toEqual([1, 2, 3]);
});

const failingAt = (room: StreamRoom, call: 'putEvent' | 'readCursor' | 'readMembers') => ({
  ...room.deps,
  store: { ...room.deps.store, [call]: () => Promise.reject(new Error(call)) },
});

it.each(['putEvent', 'readCursor'] as const)(
  'a room that fails at %s, before its events are logged, fails all messages',
  async (call) => {
    const room = await roomWithMember();
    const messages = [...events(1, 3), deliverMessage(4)];
    expect(await consumeRoom(failingAt(room, call), 'r', messages)).toEqual(messages);
    expect(room.errors).toEqual(['events_not_logged']);
    expect(sentTo(room)).toEqual([]);
  },
);

it('a room that fails after its events are logged fails only its last message', async () => {
  const room = await roomWithMember();
  const messages = events(1, 3);
  expect(await consumeRoom(failingAt(room, 'readMembers'), 'r', messages)).toEqual(messages.slice(-1));
  expect(room.errors).toEqual(['room_delivery_failed']);
  expect((await room.cursor()).seq).toBe(3);
});

it('a room that fails after its events are logged fails its delivery request, and all that is behind it', async () => {
  const room = await roomWithMember();
  const messages = [...events(1, 4), deliverMessage(5), ...events(6, 2), deliverMessage(8), ...events(9, 2)];
  const again = await consumeRoom(failingAt(room, 'readMembers'), 'r', messages);
  expect(again).toEqual(messages.slice(4));
  expect((await room.cursor()).seq).toBe(8);
  expect(await room.serve(again)).toEqual([]);
  expect(sentTo(room)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(room.queued).toEqual([]);
});

it('a room that cannot request a delivery fails its last message, whose retry delivers', async () => {
  const room = await roomWithMember();
  await room.serve(events(1, 1));
  const requestDelivery = () => Promise.reject(new Error('SQS'));
  const [last] = await consumeRoom({ ...room.deps, requestDelivery }, 'r', events(2, 10));
  expect(last).toEqual(inStream(11));
  await room.serve([inStream(11)]);
  expect(sentTo(room)).toHaveLength(11);
});

it('no messages are no work in a room without a cursor', async () => {
  const room = await roomWithMember();
  expect(await room.serve([])).toEqual([]);
  expect(await room.deps.store.readCursor('r')).toBeUndefined();
});
