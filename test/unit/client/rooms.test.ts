import { expect, it } from 'vitest';
import type { EventMeta, Room } from '../../../lib/client/api.ts';
import { collectGarbage } from '../../support/collect-garbage.ts';
import { fresh, order, price, scriptedClient } from '../../support/scripted-client.ts';

it('a room is subscribed to right behind auth, with snapshot and batches', async () => {
  const { client, socket, settle } = scriptedClient();
  client.room(42).on('order_executed', () => undefined);
  await settle();
  socket().open();
  expect(socket().sent).toEqual([
    { type: 'auth', data: { token: 'token' }, id: 1 },
    { type: 'subscribe_room', data: { roomId: '42', snapshot: true, batch: true }, id: 2 },
  ]);
});

it('a room is one, however it is named', () => {
  const { client } = scriptedClient();
  expect(client.room(42)).toBe(client.room('42'));
});

it('a room is garbage-collected when it was left and no code holds its handle', async () => {
  const { client, accept, settle } = scriptedClient();
  void client.connect();
  const socket = await accept();
  async function visit(roomId: string): Promise<WeakRef<Room>> {
    const room = client.room(roomId);
    const off = room.on('order_executed', () => undefined);
    await settle();
    socket.answer('subscribe_room', 'room_subscribed', { ...fresh(), roomId });
    off();
    await settle();
    socket.answer('unsubscribe_room', 'room_unsubscribed', { roomId });
    return new WeakRef(room);
  }
  const visited = [await visit('a'), await visit('b'), await visit('c')];
  const remaining = () => {
    collectGarbage();
    return visited.filter((room) => room.deref() !== undefined).length;
  };
  await expect.poll(remaining).toBe(0);
});

it('a room is the same room for a listener of its state after all other references are gone', async () => {
  const { client, settle } = scriptedClient();
  const states: string[] = [];
  client.room(42).on('state', (state) => states.push(state));
  await settle();
  collectGarbage();
  await settle();
  client.room(42).on('order_executed', () => undefined);
  await settle();
  expect(states).toEqual(['subscribing']);
});

it.each([
  [undefined, 'undefined'],
  [null, 'null'],
  [Number.NaN, 'NaN'],
  [true, 'true'],
  [1.5, '1.5'],
  [-1, '-1'],
  [2 ** 53, '9007199254740992'],
  [42n, 'the BigInt 42'],
  ['', '""'],
  ['a b', '"a b"'],
  [['42'], 'an array'],
  [{ id: 42 }, 'an object'],
  [new Date(0), 'an object'],
])('a room is asked for by an id, as the server takes it, and not by %o', (roomId, shown) => {
  const { client } = scriptedClient();
  const sentence = `room: a room id is 1 to 128 characters of A-Z a-z 0-9 _ - . : or a non-negative integer, got ${shown}`;
  expect(() => client.room(roomId as never)).toThrow(new TypeError(sentence));
});

it('a room is subscribed when the server says so, also when it was pending first', async () => {
  const { client, accept, settle } = scriptedClient();
  const room = client.room(42);
  const states: string[] = [];
  room.on('state', (state) => states.push(state));
  const subscribed = room.subscribe();
  const socket = await accept();
  socket.answer('subscribe_room', 'subscribe_pending', { roomId: '42' });
  await settle();
  expect(room.state).toBe('subscribing');
  socket.answer('subscribe_room', 'room_subscribed', fresh());
  expect(await subscribed).toEqual({ complete: true });
  expect(states).toEqual(['subscribing', 'subscribed']);
});

it('a room delivers typed events with their metadata', async () => {
  const { client, accept } = scriptedClient();
  const told: [unknown, EventMeta][] = [];
  client.room(42).on('order_executed', ({ orderId }, meta) => told.push([orderId, meta]));
  const socket = await accept();
  socket.answer('subscribe_room', 'room_subscribed', fresh());
  socket.send(order(1));
  const { roomId, id, publishedAt, epoch, seq } = order(1);
  expect(told).toEqual([[1, { roomId, id, publishedAt, epoch, seq, replayed: false }]]);
});

it('a room delivers the events of a batch one by one', async () => {
  const { client, accept } = scriptedClient();
  const told: unknown[] = [];
  client.room(42).on('order_executed', ({ orderId }) => told.push(orderId));
  const socket = await accept();
  socket.answer('subscribe_room', 'room_subscribed', fresh());
  socket.send({ type: 'batch', data: { events: [order(1), order(2), order(3)] } });
  expect(told).toEqual([1, 2, 3]);
});

it('a room delivers nothing to a removed listener, and is left with the last one', async () => {
  const { client, accept, settle } = scriptedClient();
  const told: unknown[] = [];
  const room = client.room(42);
  const off = room.on('order_executed', ({ orderId }) => told.push(orderId));
  const offFailed = room.on('order_failed', () => undefined);
  const socket = await accept();
  socket.answer('subscribe_room', 'room_subscribed', fresh());
  off();
  off();
  await settle();
  socket.send(order(1));
  expect(told).toEqual([]);
  expect(room.state).toBe('subscribed');
  offFailed();
  await settle();
  expect(socket.last('unsubscribe_room').data).toEqual({ roomId: '42' });
  expect(room.state).toBe('unsubscribed');
});

it('a room is not left and joined for a component that mounts twice at once', async () => {
  const { client, accept, settle } = scriptedClient();
  client.room(42).on('order_executed', () => undefined)();
  client.room(42).on('order_executed', () => undefined);
  const socket = await accept();
  socket.answer('subscribe_room', 'room_subscribed', fresh());
  await settle();
  expect(socket.sent.map(({ type }) => type)).toEqual(['auth', 'subscribe_room']);
});

it('a room has one request under way at a time: the next one waits for the answer', async () => {
  const { client, accept, settle } = scriptedClient();
  const room = client.room(42);
  const off = room.on('order_executed', () => undefined);
  const socket = await accept();
  off();
  await settle();
  room.on('order_failed', () => undefined);
  await settle();
  room.unsubscribe().catch(() => undefined);
  await settle();
  expect(socket.sent.map(({ type }) => type)).toEqual(['auth', 'subscribe_room']);
  socket.answer('subscribe_room', 'room_subscribed', fresh());
  expect(socket.sent.map(({ type }) => type)).toEqual(['auth', 'subscribe_room', 'unsubscribe_room']);
});

it('a room is left once more when the server has taken the subscribe for the later word', async () => {
  const { client, accept, settle } = scriptedClient();
  const room = client.room(42);
  void room.subscribe();
  const socket = await accept();
  socket.answer('subscribe_room', 'room_subscribed', fresh());
  const left = room.unsubscribe();
  await settle();
  socket.answer('unsubscribe_room', 'room_subscribed', fresh());
  expect(socket.sent.filter(({ type }) => type === 'unsubscribe_room')).toHaveLength(2);
  socket.answer('unsubscribe_room', 'room_unsubscribed', { roomId: '42' });
  expect(await left).toBeUndefined();
});

it('a room drops its listeners with unsubscribe()', async () => {
  const { client, accept, settle } = scriptedClient();
  const told: unknown[] = [];
  const room = client.room(42);
  const off = room.on('order_executed', ({ orderId }) => told.push(orderId));
  const socket = await accept();
  socket.answer('subscribe_room', 'room_subscribed', fresh());
  void room.unsubscribe();
  await settle();
  socket.answer('unsubscribe_room', 'room_unsubscribed', { roomId: '42' });
  const rejoined = room.subscribe();
  await settle();
  off();
  socket.answer('subscribe_room', 'room_subscribed', fresh());
  await rejoined;
  socket.send(order(1));
  expect(told).toEqual([]);
  expect(room.state).toBe('subscribed');
});

it('a room delivers the retained values to a later listener, and no order', async () => {
  const { client, accept } = scriptedClient();
  const room = client.room(42);
  void room.subscribe();
  const socket = await accept();
  const snapshot = [price(1, 1, 100), price(2, 2, 200)];
  socket.answer('subscribe_room', 'room_subscribed', { ...fresh(2), snapshot });
  socket.send(order(3));
  socket.send(price(4, 1, 101));
  socket.send({ ...price(5, 2, 0), type: 'position_closed' });
  const told: unknown[] = [];
  room.on('position_update', ({ currentPrice }, { replayed }) => told.push([currentPrice, replayed]));
  room.on('order_executed', () => told.push('order'));
  expect(told).toEqual([[101, true]]);
  socket.send(price(6, 1, 102));
  expect(told.at(-1)).toEqual([102, false]);
});

it('a room delivers no closed position to a later listener', async () => {
  const { client, accept } = scriptedClient();
  const room = client.room(42);
  void room.subscribe();
  const socket = await accept();
  socket.answer('subscribe_room', 'room_subscribed', { ...fresh(1), snapshot: [price(1, 1, 100)] });
  socket.send({ ...price(2, 1, 0), type: 'position_closed' });
  const told: unknown[] = [];
  room.on('position_closed', (data) => told.push(data));
  room.on('position_update', (data) => told.push(data));
  expect(told).toEqual([]);
});

it('a room delivers nothing more after a listener has closed the client or left the room', async () => {
  for (const end of ['close', 'leave'] as const) {
    const { client, accept } = scriptedClient();
    const told: unknown[] = [];
    const room = client.room(42);
    room.on('order_executed', ({ orderId }) => {
      told.push(orderId);
      if (end === 'close') client.close();
      else void room.unsubscribe();
    });
    const socket = await accept();
    socket.answer('subscribe_room', 'room_subscribed', fresh());
    socket.send({ type: 'batch', data: { events: [order(1), order(2)] } });
    expect(told).toEqual([1]);
  }
});
