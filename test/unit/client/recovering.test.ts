import { expect, it } from 'vitest';
import type { Subscribed } from '../../../lib/client/api.ts';
import { fresh, order, price, type ScriptedClient, scriptedClient } from '../../support/scripted-client.ts';
import type { ScriptedSocket } from '../../support/scripted-web-socket.ts';

/** A client that has everything of room 42 up to order 2. */
async function upToTwo(): Promise<{ scripted: ScriptedClient; socket: ScriptedSocket; told: unknown[] }> {
  const scripted = scriptedClient();
  const told: unknown[] = [];
  scripted.client.room(42).on('order_executed', ({ orderId }) => told.push(orderId));
  const socket = await scripted.accept();
  socket.answer('subscribe_room', 'room_subscribed', fresh(1));
  socket.send(order(2));
  return { scripted, socket, told };
}

async function reconnected({ socket, time, accept }: ScriptedClient): Promise<ScriptedSocket> {
  const lost = socket();
  lost.close(1006);
  while (socket() === lost) await time.advance(100);
  return accept();
}

const recovered = (seq: number, events: object[]) => ({ ...fresh(seq), recovered: true, events });
const subscribes = ({ sent }: ScriptedSocket) => sent.filter(({ type }) => type === 'subscribe_room');

it('a client that was away subscribes with its last number and receives the missed events', async () => {
  const { scripted, told } = await upToTwo();
  const socket = await reconnected(scripted);
  expect(socket.last('subscribe_room').data).toEqual({
    roomId: '42',
    since: { epoch: 'epoch-1', seq: 2 },
    snapshot: true,
    batch: true,
  });
  socket.answer('subscribe_room', 'room_subscribed', recovered(4, [order(3), order(4)]));
  socket.send(order(5));
  expect(told).toEqual([2, 3, 4, 5]);
});

it('a client that was away holds events that arrive before the answer, and delivers them in order, once', async () => {
  const { scripted, told } = await upToTwo();
  const socket = await reconnected(scripted);
  socket.send(order(4));
  socket.send(order(5));
  expect(told).toEqual([2]);
  socket.answer('subscribe_room', 'room_subscribed', recovered(4, [order(3), order(4)]));
  expect(told).toEqual([2, 3, 4, 5]);
});

it('a client that was away reports the loss before it delivers the retained values', async () => {
  const { scripted } = await upToTwo();
  const told: unknown[] = [];
  const room = scripted.client.room(42);
  room.on('subscribed', (subscribed: Subscribed) => told.push(subscribed));
  room.on('position_update', ({ currentPrice }, { replayed }) => told.push([currentPrice, replayed]));
  const socket = await reconnected(scripted);
  const answer = { ...fresh(9, 'epoch-2'), reason: 'epoch_changed', snapshot: [price(9, 1, 100)] };
  socket.answer('subscribe_room', 'room_subscribed', answer);
  expect(told).toEqual([{ complete: false, reason: 'epoch_changed' }, [100, true]]);
  const again = await reconnected(scripted);
  expect(again.last('subscribe_room').data).toMatchObject({ since: { epoch: 'epoch-2', seq: 9 } });
});

it('a client that was away forgets the values of an epoch that is over', async () => {
  const { scripted, socket } = await upToTwo();
  socket.send(price(3, 1, 100));
  const next = await reconnected(scripted);
  const answer = { ...fresh(1, 'epoch-2'), reason: 'epoch_changed', snapshot: [] };
  next.answer('subscribe_room', 'room_subscribed', answer);
  const told: unknown[] = [];
  scripted.client.room(42).on('position_update', (data) => told.push(data));
  expect(told).toEqual([]);
});

it('a client that was away subscribes without a position to a room that it left in between', async () => {
  const { scripted } = await upToTwo();
  const room = scripted.client.room(42);
  void room.unsubscribe();
  await scripted.settle();
  const left = scripted.socket();
  left.answer('unsubscribe_room', 'room_unsubscribed', { roomId: '42' });
  void room.subscribe();
  await scripted.settle();
  expect(left.last('subscribe_room').data['since']).toBeUndefined();
});

it('a client that was away delivers nothing again from an answer with nothing newer', async () => {
  const { scripted } = await upToTwo();
  const told: unknown[] = [];
  scripted.client.room(42).on('position_update', (data) => told.push(data));
  const socket = await reconnected(scripted);
  socket.answer('subscribe_room', 'room_subscribed', { ...fresh(2), snapshot: [price(1, 1, 100)] });
  expect(told).toEqual([]);
});

it.each([
  [{}, {}],
  [{ epoch: 'epoch-1' }, { epoch: 'epoch-1' }],
  [{ seq: 3 }, {}],
])(
  'a client that was away gets every event and asks for nothing that it missed if the server does not number its frames: %j',
  async (numbers, ofFrame) => {
    const scripted = scriptedClient();
    const told: unknown[] = [];
    scripted.client.room(42).on('order_executed', ({ orderId }) => told.push(orderId));
    const socket = await scripted.accept();
    socket.answer('subscribe_room', 'room_subscribed', { roomId: '42', ...numbers });
    const { epoch: _epoch, seq: _seq, prev: _prev, ...frame } = order(1);
    socket.send({ ...frame, ...ofFrame });
    socket.send({ ...frame, ...ofFrame });
    expect(told).toEqual([1, 1]);
    const next = await reconnected(scripted);
    expect(next.last('subscribe_room').data['since']).toBeUndefined();
  },
);

it('a client that was away asks once more, for retained values, if it left and came back before the answer', async () => {
  const { scripted } = await upToTwo();
  const socket = await reconnected(scripted);
  const room = scripted.client.room(42);
  void room.unsubscribe();
  await scripted.settle();
  const told: unknown[] = [];
  room.on('position_update', ({ currentPrice }) => told.push(currentPrice));
  await scripted.settle();
  socket.answer('subscribe_room', 'room_subscribed', recovered(2, []));
  expect(subscribes(socket)).toHaveLength(2);
  expect(socket.last('subscribe_room').data['since']).toBeUndefined();
  socket.answer('subscribe_room', 'room_subscribed', { ...fresh(2), snapshot: [price(1, 1, 100)] });
  expect(told).toEqual([100]);
});

it('a client that is fed drops what it has already', async () => {
  const { socket, told } = await upToTwo();
  socket.send(order(2));
  socket.send(order(1));
  socket.send(order(3));
  expect(told).toEqual([2, 3]);
});

it('a client that is fed takes a frame whose predecessor it has, whatever numbers were left out', async () => {
  const { socket, told } = await upToTwo();
  socket.send(order(7, 2));
  expect(told).toEqual([2, 7]);
  expect(subscribes(socket)).toHaveLength(1);
});

it('a client that is fed subscribes again if something is missing', async () => {
  const { socket, told } = await upToTwo();
  socket.send(order(5));
  socket.send(order(6));
  expect(told).toEqual([2]);
  expect(socket.last('subscribe_room').data).toMatchObject({ since: { seq: 2 } });
  expect(subscribes(socket)).toHaveLength(2);
  socket.answer('subscribe_room', 'room_subscribed', recovered(5, [order(3), order(4), order(5)]));
  expect(told).toEqual([2, 3, 4, 5, 6]);
});

it('a client that is fed subscribes again when the room has a new epoch', async () => {
  const { socket, told } = await upToTwo();
  socket.send(order(1, 0, 'epoch-2'));
  const answer = { ...fresh(1, 'epoch-2'), reason: 'epoch_changed', snapshot: [] };
  socket.answer('subscribe_room', 'room_subscribed', answer);
  socket.send(order(2, 1, 'epoch-2'));
  expect(told).toEqual([2, 2]);
});

it('a client that is fed subscribes again if a ping says that it has lost the last frame', async () => {
  const { scripted, socket, told } = await upToTwo();
  await scripted.time.advance(300_000);
  expect(socket.last('ping').data).toEqual({ rooms: { 42: 2 } });
  socket.answer('ping', 'pong', { rooms: { 42: 3 } });
  socket.answer('subscribe_room', 'room_subscribed', recovered(3, [order(3)]));
  expect(told).toEqual([2, 3]);
});

it('a client that is fed does not subscribe again if a ping says what it knows', async () => {
  const { scripted, socket } = await upToTwo();
  await scripted.time.advance(300_000);
  socket.answer('ping', 'pong', { rooms: { 42: 2 } });
  expect(subscribes(socket)).toHaveLength(1);
});

it('a client that is fed asks once more if a ping says that a room has events of which it has no number', async () => {
  const { client, accept, time } = scriptedClient();
  client.room(42).on('order_executed', () => undefined);
  const socket = await accept();
  socket.answer('subscribe_room', 'room_subscribed', { roomId: '42' });
  await time.advance(300_000);
  socket.answer('ping', 'pong', { rooms: { 42: 3 } });
  expect(subscribes(socket)).toHaveLength(2);
});
