import { expect, it } from 'vitest';
import { createTradeRoomClient } from '../../../lib/client/client.ts';
import { scriptedClient } from '../../support/scripted-client.ts';

const TIMEOUT_MS = 10_000;

it('a client connects by itself when a room is wanted, and not before', async () => {
  const { client, sockets, settle } = scriptedClient();
  client.room(42);
  await settle();
  expect(sockets).toHaveLength(0);
  client.room(42).on('order_executed', () => undefined);
  await settle();
  expect(sockets).toHaveLength(1);
});

it('a client sends auth when the connection opens, and is connected when it is through', async () => {
  const { client, socket, accept, states } = scriptedClient();
  const connected = client.connect();
  await accept(5_000);
  expect(socket().sent).toEqual([{ type: 'auth', data: { token: 'token' }, id: 1 }]);
  expect(await connected).toEqual({ userId: 'alice', expiresAt: expect.any(Number) });
  expect(states.map(({ state }) => state)).toEqual(['connecting', 'connected']);
  expect(client.state).toBe('connected');
});

it('a client resolves connect() at once if it is connected already', async () => {
  const { client, accept, sockets } = scriptedClient();
  const connected = client.connect();
  await accept();
  expect(await client.connect()).toEqual(await connected);
  expect(sockets).toHaveLength(1);
});

it('a client rejects connect() after ten seconds, and goes on trying', async () => {
  const { client, time, sockets, states } = scriptedClient();
  const connected = expect(client.connect()).rejects.toMatchObject({ code: 'timeout' });
  await time.advance(TIMEOUT_MS);
  await connected;
  await time.advance(TIMEOUT_MS);
  expect(sockets.length).toBeGreaterThan(1);
  expect(states.at(-1)?.state).toBe('connecting');
});

it('a client connects with no token that comes after it was closed', async () => {
  let give: (token: string) => void = () => undefined;
  const getToken = () =>
    new Promise<string>((resolve) => {
      give = resolve;
    });
  const { client, sockets, settle } = scriptedClient({ getToken });
  const connected = expect(client.connect()).rejects.toMatchObject({ code: 'closed' });
  await settle();
  client.close();
  give('late');
  await settle();
  await connected;
  expect(sockets).toHaveLength(0);
});

it('a client closes the connection, rejects pending calls and stays closed', async () => {
  const { client, accept, time, sockets, states } = scriptedClient();
  const joined = expect(client.room(42).subscribe()).rejects.toMatchObject({ code: 'closed' });
  const socket = await accept();
  client.close();
  await joined;
  expect(socket.isClosed).toBe(true);
  await time.advance(1e8);
  expect(sockets).toHaveLength(1);
  expect(states.at(-1)).toEqual({ state: 'disconnected', cause: 'closed' });
  expect(time.pending).toBe(0);
});

it('a client stays closed when it is closed before its start, or by a listener of the loss', async () => {
  const first = scriptedClient();
  first.client.room(42).on('order_executed', () => undefined);
  first.client.close();
  await first.time.advance(60_000);
  expect([first.client.state, first.sockets.length]).toEqual(['disconnected', 0]);

  const second = scriptedClient();
  second.client.on('state', (state, cause) => {
    if (state === 'connecting' && cause !== undefined) second.client.close();
  });
  void second.client.connect();
  (await second.accept()).close(1006);
  await second.time.advance(60_000);
  expect([second.client.state, second.sockets.length]).toEqual(['disconnected', 1]);
});

it('a client reports why it cannot connect', async () => {
  const getToken = () => {
    throw new Error('401');
  };
  const { client, errors, settle } = scriptedClient({ getToken });
  client.connect().catch(() => undefined);
  await settle();
  expect(errors.map(({ code }) => code)).toEqual(['token_unavailable']);
});

it('a client renews no token before it is connected', async () => {
  const { client, accept, settle } = scriptedClient();
  void client.connect();
  await settle();
  await expect(client.renewToken()).rejects.toMatchObject({ code: 'connection_lost' });
  await accept();
  expect(client.state).toBe('connected');
});

it('a client shows every frame, but no token', async () => {
  const { client, accept } = scriptedClient({ getToken: () => 'a secret' });
  const shown: string[] = [];
  client.on('frame', ({ direction, text }) => shown.push(`${direction} ${text}`));
  void client.connect();
  await accept();
  expect(shown).toEqual([
    'sent {"type":"auth","data":{"token":"…"},"id":1}',
    expect.stringMatching(/^received \{"type":"auth_success"/),
  ]);
});

it.each([
  [{ url: 'wss://' }, /^url: expected ws:\/\/… or wss:\/\/…/],
  [{ url: 'wss://rooms.example.com\n' }, /^url: expected ws:\/\/… or wss:\/\/…/],
  [{ url: 'wss://rooms.example.com#dev' }, /^url: expected ws:\/\/… or wss:\/\/…/],
  [{ url: 'https://rooms.example.com' }, /^url: expected ws:\/\/… or wss:\/\/…, got "https:/],
  [{ getToken: 'token' as never }, /^getToken: expected a function/],
])('a client says what is wrong with its options: %o', (wrong, sentence) => {
  class WebSocket {}
  const options = { url: 'ws://localhost:4001', getToken: () => 'token', WebSocket: WebSocket as never };
  expect(() => createTradeRoomClient({ ...options, ...wrong })).toThrow(sentence);
});
