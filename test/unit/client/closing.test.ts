import { expect, it, vi } from 'vitest';
import { createTradeRoomClient, TradeRoomError } from '../../../lib/client/client.ts';
import { fresh, order, scriptedClient } from '../../support/scripted-client.ts';
import { scriptedWebSocket } from '../../support/scripted-web-socket.ts';

it('a client that is closed is connected in the end when it is wanted again in the same tick, as React strict mode does it', async () => {
  const scripted = scriptedClient();
  const room = scripted.client.room(42);
  const off = room.on('order_executed', () => undefined);
  // What a child's and its provider's effects do when they are run twice.
  off();
  scripted.client.close();
  room.on('order_executed', () => undefined);
  const socket = await scripted.accept();
  socket.answer('subscribe_room', 'room_subscribed', fresh());
  expect([scripted.client.state, room.state]).toEqual(['connected', 'subscribed']);
});

it('a client that is closed is connected in the end even if it was connected before', async () => {
  const scripted = scriptedClient();
  const room = scripted.client.room(42);
  room.subscribe().catch(() => undefined);
  const first = await scripted.accept();
  scripted.client.close();
  room.on('order_executed', () => undefined);
  const second = await scripted.accept();
  second.answer('subscribe_room', 'room_subscribed', fresh());
  expect([first.isClosed, scripted.client.state, room.state]).toEqual([true, 'connected', 'subscribed']);
});

it('a client that is closed stays closed for what is wanted later: subscribe() says so at once', async () => {
  const scripted = scriptedClient();
  scripted.client.connect().catch(() => undefined);
  await scripted.accept();
  scripted.client.close();
  await scripted.settle();
  scripted.client.room(42).on('order_executed', () => undefined);
  await expect(scripted.client.room(42).subscribe()).rejects.toMatchObject({ code: 'closed' });
  expect([scripted.client.state, scripted.sockets.length, scripted.time.pending]).toEqual([
    'disconnected',
    1,
    0,
  ]);
});

it('a client that is closed breaks a connection off whose server does not answer the close within a second', async () => {
  const { WebSocket, sockets } = scriptedWebSocket();
  const terminated: unknown[] = [];
  class Breakable extends WebSocket {
    override terminate = () => terminated.push(sockets.length);
  }
  const scripted = scriptedClient({ WebSocket: Breakable });
  scripted.client.connect().catch(() => undefined);
  await scripted.settle();
  sockets[0]?.open();
  scripted.client.close();
  await scripted.time.advance(999);
  expect(terminated).toEqual([]);
  await scripted.time.advance(1);
  expect([terminated, scripted.time.pending]).toEqual([[1], 0]);
});

it('a client that is closed waits for nothing more when the server answers the close', async () => {
  const { WebSocket, sockets } = scriptedWebSocket();
  class Breakable extends WebSocket {
    override terminate = () => undefined;
  }
  const scripted = scriptedClient({ WebSocket: Breakable });
  scripted.client.connect().catch(() => undefined);
  await scripted.settle();
  sockets[0]?.open();
  scripted.client.close();
  sockets[0]?.close(1000);
  expect(scripted.time.pending).toBe(0);
});

async function breakable() {
  const { WebSocket, sockets } = scriptedWebSocket();
  class Breakable extends WebSocket {
    override terminate = () => undefined;
  }
  const scripted = scriptedClient({ WebSocket: Breakable });
  scripted.client.connect().catch(() => undefined);
  await scripted.settle();
  return { ...scripted, sockets };
}

it('a connection that the server had closed is not waited for when the client is closed', async () => {
  const { client, sockets, time } = await breakable();
  sockets[0]?.open();
  sockets[0]?.close(1006);
  client.close();
  expect(time.pending).toBe(0);
});

it('a connection that could not be made is not waited for when the client is closed', async () => {
  const { client, sockets, time, settle } = await breakable();
  sockets[0]?.fail();
  await settle();
  client.close();
  expect(time.pending).toBe(0);
});

/** A client in room 42, and the states that the room has told of. */
async function inRoom(options: Parameters<typeof scriptedClient>[0] = {}) {
  const scripted = scriptedClient(options);
  const room = scripted.client.room(42);
  const told: unknown[] = [];
  const orders: unknown[] = [];
  room.on('state', (state) => told.push(state));
  room.on('order_executed', ({ orderId }) => orders.push(orderId));
  const socket = await scripted.accept(200_000);
  socket.answer('subscribe_room', 'room_subscribed', fresh());
  socket.send(order(1));
  return { ...scripted, room, told, orders };
}

it('the state of a room that is wanted is unsubscribed once the client is closed, and subscribing again after connect()', async () => {
  const { client, room, told, orders, accept, settle } = await inRoom();
  client.close();
  expect([room.state, told]).toEqual(['unsubscribed', ['subscribing', 'subscribed', 'unsubscribed']]);
  await settle();
  expect(room.state).toBe('unsubscribed');
  void client.connect();
  expect(room.state).toBe('subscribing');
  const again = await accept();
  // What was missed in between is recovered: the room was never given up.
  expect(again.last('subscribe_room').data).toMatchObject({ since: { epoch: 'epoch-1', seq: 1 } });
  const answer = { ...fresh(2), recovered: true, events: [order(2)] };
  again.answer('subscribe_room', 'room_subscribed', answer);
  expect([room.state, orders]).toEqual(['subscribed', [1, 2]]);
  expect(told.slice(3)).toEqual(['subscribing', 'subscribed']);
});

it('the state of a room that is wanted is unsubscribed for a listener that comes to a closed client', async () => {
  const { client, settle } = await inRoom();
  client.close();
  await settle();
  const room = client.room(43);
  room.on('order_executed', () => undefined);
  await expect(room.subscribe()).rejects.toMatchObject({ code: 'closed' });
  expect(room.state).toBe('unsubscribed');
  void client.connect();
  expect(room.state).toBe('subscribing');
});

it('the state of a room that is wanted is unsubscribed if the server had refused it, once the client is closed', async () => {
  const scripted = scriptedClient();
  const room = scripted.client.room(42);
  room.on('order_executed', () => undefined);
  const socket = await scripted.accept();
  socket.answer('subscribe_room', 'error', { code: 'forbidden_room', message: 'no', roomId: '42' });
  scripted.client.close();
  expect(room.state).toBe('unsubscribed');
});

it('the state of a room that is wanted is unsubscribed after signed_out', async () => {
  let getToken = () => 'token';
  const { room, told, time } = await inRoom({ getToken: () => getToken() });
  getToken = () => {
    throw new TradeRoomError('signed_out', 'log in first');
  };
  await time.advance(140_000);
  expect([room.state, told.at(-1)]).toEqual(['unsubscribed', 'unsubscribed']);
});

it('the state of a room that is wanted is subscribing while the connection is away, and before its first one', async () => {
  const { client, room, told, sockets, settle } = await inRoom();
  sockets[0]?.close(1006);
  expect([client.state, room.state]).toEqual(['connecting', 'subscribing']);
  const other = client.room(43);
  other.on('order_executed', () => undefined);
  await settle();
  expect([other.state, told]).toEqual(['subscribing', ['subscribing', 'subscribed', 'subscribing']]);
});

it('the state of a room that is wanted is unsubscribed if there is no WebSocket to connect with', async () => {
  vi.stubGlobal('WebSocket', undefined);
  const client = createTradeRoomClient({ url: 'ws://localhost:4001', getToken: () => 'token' });
  const room = client.room(42);
  await expect(room.subscribe()).rejects.toMatchObject({ code: 'no_web_socket' });
  expect(room.state).toBe('unsubscribed');
  vi.unstubAllGlobals();
});

it('the state of a room that is wanted is subscribed in the end for strict mode, which closes the client and wants the room again in one go', async () => {
  const { client, room, accept } = await inRoom();
  client.close();
  room.on('order_failed', () => undefined);
  const again = await accept();
  again.answer('subscribe_room', 'room_subscribed', { ...fresh(1), recovered: true, events: [] });
  expect(room.state).toBe('subscribed');
});

const options = { url: 'ws://localhost:4001', getToken: () => 'token' };

it('a client without a WebSocket can be made, as a page is rendered on a server, and says what is missing when it is to connect', async () => {
  vi.stubGlobal('WebSocket', undefined);
  const client = createTradeRoomClient(options);
  const told: unknown[] = [];
  client.on('error', ({ code, message }) => told.push([code, message]));
  client.on('state', (state, cause) => told.push([state, cause?.code]));
  expect([client.state, client.room(42).state]).toEqual(['disconnected', 'unsubscribed']);
  await expect(client.connect()).rejects.toMatchObject({ code: 'no_web_socket' });
  expect(told).toEqual([
    ['connecting', undefined],
    ['no_web_socket', expect.stringContaining('package ws')],
    ['disconnected', 'no_web_socket'],
  ]);
  vi.unstubAllGlobals();
});

it('a client without a WebSocket connects once there is one', async () => {
  vi.stubGlobal('WebSocket', undefined);
  const client = createTradeRoomClient(options);
  await expect(client.room(42).subscribe()).rejects.toMatchObject({ code: 'no_web_socket' });
  const { WebSocket, sockets } = scriptedWebSocket();
  vi.stubGlobal('WebSocket', WebSocket);
  client.connect().catch(() => undefined);
  await expect.poll(() => sockets).toHaveLength(1);
  client.close();
  vi.unstubAllGlobals();
});
