import { expect, it } from 'vitest';
import { scriptedClient } from '../../support/scripted-client.ts';

it('a client whose token expires renews it a minute before, on the same connection', async () => {
  let tokens = 0;
  const getToken = () => `token ${++tokens}`;
  const { client, accept, time, sockets } = scriptedClient({ getToken });
  void client.connect();
  const socket = await accept(200_000);
  await time.advance(139_999);
  expect(tokens).toBe(1);
  await time.advance(1);
  expect(socket.last('auth')).toEqual({ type: 'auth', data: { token: 'token 2' }, id: expect.any(Number) });
  socket.answer('auth', 'auth_success', { userId: 'alice', expiresAt: time.now() + 200_000 });
  await time.advance(140_000);
  expect(tokens).toBe(3);
  expect(sockets).toHaveLength(1);
});

it('a client whose token expires asks for a token again, ever sooner, when getToken fails', async () => {
  let tokens = 0;
  const getToken = () => {
    tokens += 1;
    if (tokens === 2) throw new Error('offline');
    return `token ${tokens}`;
  };
  const { client, accept, time, errors } = scriptedClient({ getToken });
  void client.connect();
  const socket = await accept(200_000);
  await time.advance(140_000);
  expect(errors.map(({ code }) => code)).toEqual(['token_unavailable']);
  await time.advance(30_000);
  expect(socket.last('auth').data).toEqual({ token: 'token 3' });
});

it('a client whose token expires renews its token on renewToken()', async () => {
  const { client, accept, settle } = scriptedClient();
  void client.connect();
  const socket = await accept();
  const renewed = client.renewToken();
  await settle();
  socket.answer('auth', 'auth_success', { userId: 'alice', expiresAt: 1 });
  expect(await renewed).toBeUndefined();
});

it('a client whose token expires has no timer left that asks for a token after it was closed, even if a renewal failed', async () => {
  let tokens = 0;
  const getToken = () => {
    tokens += 1;
    if (tokens !== 2) return `token ${tokens}`;
    throw new Error('offline');
  };
  const { client, accept, time, settle } = scriptedClient({ getToken });
  void client.connect();
  const socket = await accept(200_000);
  await time.advance(140_000);
  const renewed = client.renewToken();
  await settle();
  socket.answer('auth', 'auth_success', { userId: 'alice', expiresAt: time.now() + 200_000 });
  await renewed;
  client.close();
  expect(time.pending).toBe(0);
});

it('a client whose token expires connects again when the server refuses the renewal', async () => {
  const { client, accept, time, sockets, states, settle } = scriptedClient();
  void client.connect();
  const socket = await accept();
  const renewed = expect(client.renewToken()).rejects.toMatchObject({ code: 'auth_failed' });
  await settle();
  socket.answer('auth', 'error', { code: 'auth_failed', message: 'no' });
  socket.close(1000);
  await renewed;
  expect(states.at(-1)).toEqual({ state: 'connecting', cause: 'auth_failed' });
  await time.advance(500);
  await accept();
  expect(sockets).toHaveLength(2);
  expect(client.state).toBe('connected');
});
