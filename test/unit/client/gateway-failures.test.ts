import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fresh, order, scriptedClient } from '../../support/scripted-client.ts';
import type { ScriptedSocket } from '../../support/scripted-web-socket.ts';

/** What API Gateway sends where the function of a route fails. It does not say which message it was. */
const failure = (message = 'Internal server error') => ({
  message,
  connectionId: 'TXzPWdnOjoECGjA=',
  requestId: 'TXzPZEqQjoEFbKg=',
});
const auth = { userId: 'alice', expiresAt: 1e15 };
const count = (socket: ScriptedSocket, type: string) =>
  socket.sent.filter((message) => message.type === type).length;
const subscribes = (socket: ScriptedSocket) =>
  socket.sent.filter(({ type }) => type === 'subscribe_room').map(({ data }) => data['roomId']);

it('an auth that API Gateway fails is internal at once, and is tried again on the next connection', async () => {
  const { client, settle, socket, sockets, errors, time, accept } = scriptedClient();
  client.connect().catch(() => undefined);
  await settle();
  socket().open();
  socket().send(failure());
  await settle();
  expect(errors).toMatchObject([{ code: 'internal', message: 'API Gateway: Internal server error' }]);
  expect(socket().isClosed).toBe(true);
  await time.advance(500);
  await accept();
  expect(sockets).toHaveLength(2);
  expect(client.state).toBe('connected');
});

it('a renewal of the token that API Gateway fails is internal at once, the connection stays, and it is tried again', async () => {
  let tokens = 0;
  const getToken = () => `token ${++tokens}`;
  const { client, accept, settle, time, states } = scriptedClient({ getToken });
  void client.connect();
  const socket = await accept(200_000);
  const renewed = client.renewToken().catch(({ code }) => code);
  await settle();
  socket.send(failure());
  expect(await renewed).toBe('internal');
  await time.advance(140_000);
  expect(count(socket, 'auth')).toBe(3);
  expect(states.at(-1)).toMatchObject({ state: 'connected' });
});

it('a subscribe that API Gateway fails is made again within two seconds on the same connection, and the room is fed', async () => {
  const { client, accept, time, sockets, errors } = scriptedClient();
  const told: unknown[] = [];
  client.room(42).on('order_executed', ({ orderId }) => told.push(orderId));
  const socket = await accept();
  socket.send(failure());
  await time.advance(2_000);
  expect(count(socket, 'subscribe_room')).toBe(2);
  socket.answer('subscribe_room', 'room_subscribed', fresh());
  socket.send(order(1));
  expect(told).toEqual([1]);
  expect(sockets).toHaveLength(1);
  expect(errors).toEqual([]);
});

it('an unsubscribe that API Gateway fails is made again, since the server may feed the room still', async () => {
  const { client, accept, time, sockets } = scriptedClient();
  const off = client.room(42).on('order_executed', () => undefined);
  const socket = await accept();
  socket.answer('subscribe_room', 'room_subscribed', fresh());
  off();
  await time.advance(0);
  socket.send(failure());
  await time.advance(2_000);
  expect(count(socket, 'unsubscribe_room')).toBe(2);
  socket.answer('unsubscribe_room', 'room_unsubscribed', { roomId: '42' });
  await time.advance(60_000);
  expect(count(socket, 'unsubscribe_room')).toBe(2);
  expect(sockets).toHaveLength(1);
});

it('a room whose unsubscribe API Gateway failed is joined again if it is wanted by then', async () => {
  const { client, accept, time } = scriptedClient();
  const told: unknown[] = [];
  const off = client.room(42).on('order_executed', () => undefined);
  const socket = await accept();
  socket.answer('subscribe_room', 'room_subscribed', fresh());
  off();
  await time.advance(0);
  socket.send(failure());
  client.room(42).on('order_executed', ({ orderId }) => told.push(orderId));
  await time.advance(2_000);
  expect([count(socket, 'unsubscribe_room'), count(socket, 'subscribe_room')]).toEqual([1, 2]);
  socket.answer('subscribe_room', 'room_subscribed', fresh(4));
  socket.send(order(5));
  expect(told).toEqual([5]);
});

it('a ping that API Gateway fails shows that the server is there, and is made again in half a minute', async () => {
  const { client, accept, time, sockets } = scriptedClient();
  void client.connect();
  const socket = await accept();
  await time.advance(300_000);
  socket.send(failure());
  await time.advance(29_999);
  expect(count(socket, 'ping')).toBe(1);
  await time.advance(1);
  expect(count(socket, 'ping')).toBe(2);
  socket.answer('ping', 'pong');
  await time.advance(299_999);
  expect(count(socket, 'ping')).toBe(2);
  expect(sockets).toHaveLength(1);
});

/** Two rooms are being joined on an authenticated connection. */
async function joiningTwo() {
  const scripted = scriptedClient();
  for (const roomId of [1, 2]) scripted.client.room(roomId).on('order_executed', () => undefined);
  const socket = await scripted.accept();
  const [one, other] = socket.sent.filter(({ type }) => type === 'subscribe_room');
  const answer = (request: typeof one) => {
    const data = { ...fresh(), roomId: request?.data['roomId'] };
    socket.send({ type: 'room_subscribed', data, id: request?.id });
  };
  return { ...scripted, socket, one, other, answer };
}

it.each([0, 1])(
  'of several open requests, the one has failed that is not answered, whichever was sent first (%i)',
  async (answered) => {
    const { socket, one, other, answer, time, sockets } = await joiningTwo();
    socket.send(failure());
    await time.advance(100);
    answer([one, other][answered]);
    await time.advance(10_000);
    expect(subscribes(socket).slice(2)).toEqual([String(2 - answered)]);
    expect(sockets).toHaveLength(1);
  },
);

it('of several open requests, all have failed if there were as many failures', async () => {
  const { socket, time } = await joiningTwo();
  socket.send(failure());
  socket.send(failure());
  await time.advance(2_000);
  expect(subscribes(socket).slice(2)).toEqual(['1', '2']);
});

it('of several open requests, none has failed that was sent later', async () => {
  const { client, socket, one, answer, time } = await joiningTwo();
  socket.send(failure());
  client.room(3).on('order_executed', () => undefined);
  await time.advance(0);
  answer(one);
  await time.advance(2_000);
  expect(subscribes(socket)).toEqual(['1', '2', '3', '2']);
});

it('of several open requests, none has failed whose function has said that it is pending', async () => {
  const scripted = scriptedClient();
  scripted.client.room(42).on('order_executed', () => undefined);
  await scripted.settle();
  scripted.socket().open();
  scripted.socket().answer('subscribe_room', 'subscribe_pending', { roomId: '42' });
  scripted.socket().send(failure());
  await scripted.settle();
  // The auth: without it the connection is of no use.
  expect(scripted.errors).toMatchObject([{ code: 'internal' }]);
  expect(scripted.socket().isClosed).toBe(true);
});

it('of several open requests, each is answered or made again, and none waits until its time is up, in whatever order API Gateway speaks', async () => {
  const outcomes = fc.array(fc.boolean(), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(outcomes, fc.infiniteStream(fc.nat(7)), async (succeeds, picks) => {
      const scripted = scriptedClient();
      for (const roomId of succeeds.keys())
        scripted.client.room(roomId).on('order_executed', () => undefined);
      const socket = await scripted.accept();
      const left = socket.sent.filter(({ type }) => type === 'subscribe_room');
      while (left.length > 0) {
        const [request] = left.splice((picks.next().value ?? 0) % left.length, 1);
        const roomId = request?.data['roomId'];
        if (!succeeds[Number(roomId)]) socket.send(failure());
        else socket.send({ type: 'room_subscribed', data: { ...fresh(), roomId }, id: request?.id });
      }
      await scripted.time.advance(2_000);
      const failed = [...succeeds.keys()].filter((roomId) => !succeeds[roomId]).map(String);
      expect(subscribes(socket).slice(succeeds.length)).toEqual(failed);
    }),
    { numRuns: 200 },
  );
});

it('a frame without a type is shown to frame listeners, and changes nothing if no request is open', async () => {
  const { client, accept, time, errors, sockets } = scriptedClient();
  const frames: string[] = [];
  client.on('frame', ({ direction, text }) => direction === 'received' && frames.push(text));
  client.room(42).on('order_executed', () => undefined);
  const socket = await accept();
  socket.answer('subscribe_room', 'room_subscribed', fresh());
  socket.send(failure('Forbidden'));
  expect(frames.at(-1)).toBe(JSON.stringify(failure('Forbidden')));
  expect([errors, client.room(42).state]).toEqual([[], 'subscribed']);
  // It is not held against a request that is made later.
  await time.advance(300_000);
  socket.answer('ping', 'pong');
  await time.advance(299_999);
  expect(count(socket, 'ping')).toBe(1);
  expect(sockets).toHaveLength(1);
});

it.each([
  { message: 'Internal server error' },
  { message: 'Internal server error', connectionId: 'c=' },
  { message: 1, connectionId: 'c=', requestId: 'r=' },
  { ...failure(), type: 'pong' },
  { ...failure(), type: 1 },
  [failure()],
  'Internal server error',
  '',
])('a frame without a type that is not of API Gateway fails nothing: %j', async (frame) => {
  const { client, settle, socket, errors } = scriptedClient();
  client.connect().catch(() => undefined);
  await settle();
  socket().open();
  socket().send(frame);
  socket().answer('auth', 'auth_success', auth);
  await settle();
  expect([errors, client.state]).toEqual([[], 'connected']);
});
