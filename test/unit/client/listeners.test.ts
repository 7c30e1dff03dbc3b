import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RoomEventType } from '../../../lib/protocol/room-events.ts';
import { fresh, order, price, scriptedClient } from '../../support/scripted-client.ts';

/** A client in room 42, with one listener of orders more than the test gives it. */
async function inRoom() {
  const scripted = scriptedClient();
  const room = scripted.client.room(42);
  void room.subscribe();
  const socket = await scripted.accept();
  socket.answer('subscribe_room', 'room_subscribed', fresh());
  await scripted.settle();
  return { ...scripted, room, socket };
}

const mistake = new Error('a mistake of the page');
const throwing = () => {
  throw mistake;
};
const rejecting = async () => {
  throw mistake;
};
/** Not a Promise, but what may be awaited like one. */
// biome-ignore lint/suspicious/noThenProperty: That is what this is about.
const thenable = () => ({ then: (_: unknown, reject: (error: unknown) => void) => reject(mistake) });

describe.each([
  ['throws', throwing],
  ['is async and rejects', rejecting],
  ['returns something like a promise that rejects', thenable],
])('a listener that %s', (_, faulty) => {
  afterEach(() => void vi.restoreAllMocks());

  it('a listener that throws or rejects does not stop other listeners, and the client emits an error with the cause', async () => {
    const { room, socket, errors, settle, client } = await inRoom();
    const told: unknown[] = [];
    room.on('order_executed', faulty);
    room.on('order_executed', ({ orderId }) => told.push(orderId));
    socket.send(order(1));
    socket.send(order(2));
    await settle();
    expect(told).toEqual([1, 2]);
    expect(errors).toMatchObject([
      {
        code: 'listener_failed',
        message: 'a listener of order_executed of room 42 failed: see the cause',
        cause: mistake,
      },
      { code: 'listener_failed' },
    ]);
    expect([client.state, room.state]).toEqual(['connected', 'subscribed']);
  });

  it('a listener that throws or rejects is reported for every kind of event: states, errors, frames, retained values', async () => {
    const { client, room, socket, errors, settle } = await inRoom();
    socket.send(price(1, 1, 100));
    room.on('position_update', faulty);
    room.on('error', faulty);
    room.on('state', faulty);
    room.on('subscribed', faulty);
    client.on('frame', faulty);
    client.on('state', faulty);
    const data = { code: 'forbidden_room', message: 'no', requestType: 'subscribe_room', roomId: '42' };
    socket.send({ type: 'error', data, id: socket.last('subscribe_room').id });
    client.close();
    await settle();
    const told = errors.map(({ message }) => message.match(/^a listener of (.+) failed/)?.[1]);
    expect(new Set(told)).toEqual(
      new Set(['position_update of room 42', 'error of room 42', 'state of room 42', 'frame', 'state']),
    );
  });

  it('a listener that throws or rejects is written to the console if there are no error listeners, and the process goes on', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { client, sockets, settle, time } = scriptedClient();
    const failing = scriptedClient({ getToken: () => Promise.reject(new Error('401')) });
    failing.client.on('error', faulty);
    void failing.client.connect();
    await failing.settle();
    expect(said).toHaveBeenCalledWith(mistake);
    // Nor by a room's listener: this test would be told of an unhandled error.
    client.room(42).on('state', faulty);
    client.room(42).on('order_executed', () => undefined);
    await settle();
    await time.advance(100);
    expect(sockets).toHaveLength(1);
    failing.client.close();
    client.close();
  });

  it('a listener that throws or rejects is an uncaught error of the page if there are no error listeners', async () => {
    const reported: unknown[] = [];
    const place = globalThis as { reportError?: (error: unknown) => void };
    const { reportError } = place;
    place.reportError = (error) => reported.push(error);
    try {
      const failing = scriptedClient({ getToken: () => Promise.reject(new Error('401')) });
      failing.client.on('error', faulty);
      void failing.client.connect();
      await failing.settle();
      failing.client.close();
    } finally {
      if (reportError === undefined) delete place.reportError;
      else place.reportError = reportError;
    }
    expect(reported).toEqual([mistake]);
  });
});

/** Changes everything that it can, all the way down. */
function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null || value instanceof Error) return;
  for (const [key, inner] of Object.entries(value)) {
    spoil(inner);
    Reflect.set(value, key, 'spoilt');
  }
  Reflect.set(value, 'more', 'spoilt');
}
const spoiling = (...told: unknown[]) => told.forEach(spoil);

it('a change that a listener makes to its data is not visible to other listeners, neither in the event nor in its metadata', async () => {
  const { room, socket } = await inRoom();
  const told: unknown[] = [];
  const data = { rankings: [{ rank: 1, history: [1, [2]] }], note: null };
  const types: RoomEventType[] = ['leaderboard_update', 'order_executed'];
  for (const type of types) {
    room.on(type, spoiling);
    room.on(type, (...all) => told.push(all));
  }
  socket.send({ ...order(1), type: 'leaderboard_update', data });
  room.on('leaderboard_update', spoiling);
  room.on('leaderboard_update', (...all) => told.push(all));
  socket.send({ ...order(2), data });
  const { roomId, publishedAt, epoch } = order(1);
  const meta = (seq: number, replayed = false) => ({
    roomId,
    id: `order-${seq}`,
    publishedAt: publishedAt + seq - 1,
    epoch,
    seq,
    replayed,
  });
  expect(told).toEqual([
    [data, meta(1)],
    [data, meta(1, true)],
    [data, meta(2)],
  ]);
});

it('a change that a listener makes to a subscription, a frame or the user is not visible to other listeners or to the client', async () => {
  let tokens = 0;
  const getToken = () => `token ${++tokens}`;
  const { client, accept, settle, time } = scriptedClient({ getToken });
  const told: unknown[] = [];
  client.on('frame', spoiling);
  client.on('frame', (frame) => told.push(Object.keys(frame)));
  const room = client.room(42);
  room.on('subscribed', spoiling);
  room.on('subscribed', (subscribed) => told.push(subscribed));
  const waits = [room.subscribe(), room.subscribe()];
  const connected = client.connect();
  const socket = await accept(120_000);
  spoil(await connected);
  spoil(await client.connect());
  expect((await client.connect()).userId).toBe('alice');
  told.length = 0;
  socket.answer('subscribe_room', 'room_subscribed', { ...fresh(), reason: 'too_old' });
  await settle();
  spoil(await waits[0]);
  const subscribed = { complete: false, reason: 'too_old' };
  expect([...told, await waits[1]]).toEqual([['direction', 'text'], subscribed, subscribed]);
  // The token is renewed in its time, whatever became of the user that was told.
  await time.advance(60_000);
  expect(socket.sent.filter(({ type }) => type === 'auth')).toHaveLength(2);
});

it('a change that a listener makes to its data may be deeper than the stack, and may have any key', async () => {
  const { room, socket } = await inRoom();
  const told: unknown[] = [];
  room.on('order_executed', (data) => told.push(data));
  const depth = 20_000;
  const text = JSON.stringify(order(1)).replace(
    '{"orderId":1}',
    `{"__proto__":{"polluted":true},"deep":${'['.repeat(depth)}${']'.repeat(depth)}}`,
  );
  socket.send(text);
  expect(Object.keys(told[0] as object)).toEqual(['__proto__', 'deep']);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

it('a listener that another listener removes is not called any more, not even for the same event', async () => {
  const { room, socket } = await inRoom();
  const told: unknown[] = [];
  let removeSecond = (): void => undefined;
  room.on('order_executed', ({ orderId }) => {
    told.push(`first ${orderId}`);
    removeSecond();
  });
  removeSecond = room.on('order_executed', ({ orderId }) => told.push(`second ${orderId}`));
  socket.send(order(1));
  expect(told).toEqual(['first 1']);
});

it('a promise of the client that is not awaited ends no process, and still rejects for code that awaits it', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.prependListener('unhandledRejection', note);
  const { client, accept, settle, time } = scriptedClient();
  void client.connect();
  void client.renewToken();
  const room = client.room(42);
  void room.subscribe();
  void room.unsubscribe();
  void room.subscribe();
  client.close();
  void client.connect();
  await time.advance(60_000);
  client.close();
  void client.connect();
  void room.subscribe();
  const socket = await accept();
  socket.answer('subscribe_room', 'error', { code: 'forbidden_room', message: 'no', roomId: '42' });
  void room.unsubscribe();
  void client.renewToken();
  await settle();
  const renewing = client.renewToken();
  client.close();
  await expect(renewing).rejects.toMatchObject({ code: 'closed' });
  await time.advance(60_000);
  await settle();
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});
