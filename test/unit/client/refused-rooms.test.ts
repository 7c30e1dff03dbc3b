import { expect, it } from 'vitest';
import { fresh, scriptedClient } from '../../support/scripted-client.ts';

it('a room that the server refuses rejects, with the code, and is asked for again only by subscribe()', async () => {
  const { client, accept, settle } = scriptedClient();
  const room = client.room(42);
  const errors: string[] = [];
  room.on('error', ({ code }) => errors.push(code));
  const subscribed = expect(room.subscribe()).rejects.toMatchObject({ code: 'forbidden_room' });
  const socket = await accept();
  socket.answer('subscribe_room', 'error', { code: 'forbidden_room', message: 'no', roomId: '42' });
  await subscribed;
  expect([room.state, errors]).toEqual(['refused', ['forbidden_room']]);
  room.on('order_executed', () => undefined);
  await settle();
  expect(socket.sent.filter(({ type }) => type === 'subscribe_room')).toHaveLength(1);
  const again = room.subscribe();
  await settle();
  socket.answer('subscribe_room', 'room_subscribed', fresh());
  expect(await again).toEqual({ complete: true });
});

it('a room is asked for once, however often subscribe() is called before the answer and behind it', async () => {
  const { client, accept, settle } = scriptedClient();
  const room = client.room(42);
  void room.subscribe();
  const socket = await accept();
  void room.subscribe();
  await settle();
  socket.answer('subscribe_room', 'room_subscribed', fresh());
  void room.subscribe();
  await settle();
  expect(socket.sent.filter(({ type }) => type === 'subscribe_room')).toHaveLength(1);
});

it('a room that was refused is subscribed again after it was left and is wanted again', async () => {
  const { client, accept, settle } = scriptedClient();
  const off = client.room(42).on('order_executed', () => undefined);
  const socket = await accept();
  socket.answer('subscribe_room', 'error', { code: 'forbidden_room', message: 'no', roomId: '42' });
  off();
  await settle();
  client.room(42).on('order_executed', () => undefined);
  await settle();
  expect(socket.sent.filter(({ type }) => type === 'subscribe_room')).toHaveLength(2);
});

it.each([
  ['taken', 'room_subscribed', fresh()],
  ['refused', 'error', { code: 'forbidden_room', message: 'no', roomId: '42' }],
])('a room that was left before the answer tells nothing of it: %s', async (_, type, answer) => {
  const { client, accept, settle } = scriptedClient();
  const room = client.room(42);
  const told: unknown[] = [];
  room.on('subscribed', (subscribed) => told.push(subscribed));
  room.on('error', (error) => told.push(error));
  const off = room.on('order_executed', () => undefined);
  const socket = await accept();
  off();
  await settle();
  socket.answer('subscribe_room', type, answer);
  expect(told).toEqual([]);
});

it('a room is not left again and again if the server refuses that for a reason that lasts', async () => {
  const { client, accept, settle, time } = scriptedClient();
  const off = client.room(42).on('order_executed', () => undefined);
  const socket = await accept();
  socket.answer('subscribe_room', 'room_subscribed', fresh());
  off();
  await settle();
  socket.answer('unsubscribe_room', 'error', { code: 'invalid_message', message: 'no', roomId: '42' });
  await time.advance(60_000);
  expect(socket.sent.filter(({ type }) => type === 'unsubscribe_room')).toHaveLength(1);
});

it('a room that the server takes away without a subscription does not affect others', async () => {
  const { client, accept } = scriptedClient();
  const room = client.room(42);
  void room.subscribe();
  const socket = await accept();
  socket.answer('subscribe_room', 'room_subscribed', fresh());
  socket.send({ type: 'error', data: { code: 'forbidden_room', message: 'no', roomId: 'another' } });
  expect(room.state).toBe('subscribed');
});

it('a room that the server takes away later is refused', async () => {
  const { client, accept } = scriptedClient();
  const room = client.room(42);
  void room.subscribe();
  const socket = await accept();
  socket.answer('subscribe_room', 'room_subscribed', fresh());
  const data = { code: 'forbidden_room', message: 'no', requestType: 'subscribe_room', roomId: '42' };
  socket.send({ type: 'error', data, id: socket.last('subscribe_room').id });
  expect(room.state).toBe('refused');
});

it('a room is asked for again in a moment if the server failed', async () => {
  const { client, accept, time } = scriptedClient();
  const room = client.room(42);
  void room.subscribe();
  const socket = await accept();
  socket.answer('subscribe_room', 'error', { code: 'internal', message: 'failed', roomId: '42' });
  await time.advance(2_000);
  expect(socket.sent.filter(({ type }) => type === 'subscribe_room')).toHaveLength(2);
  socket.answer('subscribe_room', 'room_subscribed', fresh());
  expect(room.state).toBe('subscribed');
});
