import { expect, it } from 'vitest';
import { fresh, order, price, type ScriptedClient, scriptedClient } from '../../support/scripted-client.ts';

const RECONNECT_AFTER_MS = 60_000;

/** A client in room 42 whose second connection is open, authenticated, and has not answered the subscribe. */
async function replacing(): Promise<ScriptedClient & { told: unknown[] }> {
  const scripted = scriptedClient({ reconnectAfterMs: RECONNECT_AFTER_MS, random: () => 0.5 });
  const told: unknown[] = [];
  scripted.client.room(42).on('order_executed', ({ orderId }) => told.push(orderId));
  const first = await scripted.accept();
  first.answer('subscribe_room', 'room_subscribed', fresh());
  first.send(order(1));
  await scripted.time.advance(RECONNECT_AFTER_MS);
  await scripted.accept();
  return { ...scripted, told };
}

it.each([
  [0, 6_270_000],
  [0.5, 6_600_000],
  [1, 6_930_000],
])(
  'a connection that is soon two hours old is replaced around 110 minutes: with %d as chance after %i ms',
  async (chance, age) => {
    const { client, accept, time, sockets } = scriptedClient({
      random: () => chance,
      pingIntervalMs: 10 * 3_600_000,
    });
    void client.connect();
    await accept();
    await time.advance(age - 1);
    expect(sockets).toHaveLength(1);
    await time.advance(1);
    expect(sockets).toHaveLength(2);
  },
);

it('a connection that is soon two hours old feeds its rooms until the next one does, and is closed then', async () => {
  const { sockets, told, client, states } = await replacing();
  const [first, second] = sockets;
  first?.send(order(2));
  expect(first?.isClosed).toBe(false);
  expect(second?.last('subscribe_room').data).toMatchObject({ since: { epoch: 'epoch-1', seq: 1 } });
  second?.answer('subscribe_room', 'room_subscribed', { ...fresh(2), recovered: true, events: [order(2)] });
  expect(first?.isClosed).toBe(true);
  second?.send(order(3));
  expect(told).toEqual([1, 2, 3]);
  expect(client.room(42).state).toBe('subscribed');
  expect(states.map(({ state }) => state)).toEqual(['connecting', 'connected']);
});

it('a connection that is soon two hours old may deliver an event before or after the next one does: listeners get it once', async () => {
  const { sockets, told } = await replacing();
  const [first, second] = sockets;
  second?.send(order(2));
  first?.send(order(2));
  first?.send(order(3));
  second?.answer('subscribe_room', 'room_subscribed', { ...fresh(1), recovered: true, events: [] });
  second?.send(order(3));
  second?.send(order(4));
  expect(told).toEqual([1, 2, 3, 4]);
});

it('a connection that is soon two hours old does not emit subscribed again', async () => {
  const { sockets, client } = await replacing();
  const told: unknown[] = [];
  client.room(42).on('subscribed', (subscribed) => told.push(subscribed));
  client.room(42).on('state', (state) => told.push(state));
  sockets[1]?.answer('subscribe_room', 'room_subscribed', { ...fresh(1), recovered: true, events: [] });
  expect(told).toEqual([]);
});

it('a connection that is soon two hours old goes on feeding when the next one fails, which is tried again', async () => {
  const { sockets, told, time, accept, client } = await replacing();
  sockets[1]?.close(1006);
  sockets[0]?.send(order(2));
  expect([told, client.state]).toEqual([[1, 2], 'connected']);
  await time.advance(20_000);
  const third = await accept();
  third.answer('subscribe_room', 'room_subscribed', { ...fresh(2), recovered: true, events: [] });
  expect(sockets[0]?.isClosed).toBe(true);
  expect(sockets).toHaveLength(3);
});

it('a connection that is soon two hours old may end before the next one has its rooms: that goes on alone', async () => {
  const { sockets, told, client, time, states } = await replacing();
  sockets[0]?.close(1001);
  expect([client.state, client.room(42).state]).toEqual(['connected', 'subscribing']);
  sockets[1]?.answer('subscribe_room', 'room_subscribed', {
    ...fresh(2),
    recovered: true,
    events: [order(2)],
  });
  expect(told).toEqual([1, 2]);
  expect(client.room(42).state).toBe('subscribed');
  await time.advance(5_000);
  expect(sockets).toHaveLength(2);
  expect(states).toHaveLength(2);
});

it('a connection that is soon two hours old may end before the next one is authenticated: the client is then connecting', async () => {
  const scripted = scriptedClient({ reconnectAfterMs: RECONNECT_AFTER_MS, random: () => 0.5 });
  void scripted.client.connect();
  const first = await scripted.accept();
  await scripted.time.advance(RECONNECT_AFTER_MS);
  first.close(1001);
  expect(scripted.client.state).toBe('connecting');
  await scripted.accept();
  expect(scripted.client.state).toBe('connected');
  expect(scripted.sockets).toHaveLength(2);
});

it('a connection that is soon two hours old brings no state that the other one has made old', async () => {
  const { client, sockets } = await replacing();
  const told: unknown[] = [];
  client.room(42).on('subscribed', (subscribed) => told.push(subscribed));
  client.room(42).on('position_update', ({ currentPrice }) => told.push(currentPrice));
  sockets[0]?.send(price(2, 1, 101));
  const answer = { ...fresh(1), reason: 'too_old', snapshot: [price(1, 1, 100)] };
  sockets[1]?.answer('subscribe_room', 'room_subscribed', answer);
  expect(told).toEqual([101]);
});

it('a connection that is two hours old soon is replaced even if the server refuses a room', async () => {
  const { sockets, client } = await replacing();
  const error = { code: 'forbidden_room', message: 'no', roomId: '42' };
  sockets[1]?.answer('subscribe_room', 'error', error);
  expect(sockets[0]?.isClosed).toBe(true);
  expect(client.room(42).state).toBe('refused');
});

it('a connection that is soon two hours old is closed with the next one, when the client is closed in between', async () => {
  const { sockets, client, time } = await replacing();
  client.close();
  expect(sockets.map(({ isClosed }) => isClosed)).toEqual([true, true]);
  await time.advance(1e8);
  expect(sockets).toHaveLength(2);
  expect(time.pending).toBe(0);
});

it('a connection that is soon two hours old is replaced again and again', async () => {
  const { client, time, accept, sockets } = scriptedClient({
    reconnectAfterMs: RECONNECT_AFTER_MS,
    random: () => 0.5,
  });
  void client.connect();
  for (let count = 1; count <= 5; count += 1) {
    await accept();
    expect(sockets.filter(({ isClosed }) => !isClosed)).toHaveLength(1);
    await time.advance(RECONNECT_AFTER_MS);
  }
  expect(sockets).toHaveLength(6);
});

it('a connection that is soon two hours old leaves a room on both', async () => {
  const { client, sockets, settle } = await replacing();
  const left = client.room(42).unsubscribe();
  await settle();
  sockets[1]?.answer('subscribe_room', 'room_subscribed', { ...fresh(1), recovered: true, events: [] });
  for (const socket of sockets) {
    if (!socket.isClosed) socket.answer('unsubscribe_room', 'room_unsubscribed', { roomId: '42' });
  }
  expect(await left).toBeUndefined();
  expect(client.room(42).state).toBe('unsubscribed');
});

/** A client whose second connection has the token that was there before, and a renewal that waits for `getToken`. */
async function renewing(when: 'before' | 'behind') {
  const calls: ((token: string) => void)[] = [];
  const give = (token: string) => calls.shift()?.(token);
  const getToken = () => new Promise<string>((resolve) => calls.push(resolve));
  const scripted = scriptedClient({ reconnectAfterMs: RECONNECT_AFTER_MS, random: () => 0.5, getToken });
  const { client, time, settle, accept } = scripted;
  client.room(42).on('order_executed', () => undefined);
  await settle();
  give('first');
  const first = await accept();
  first.answer('subscribe_room', 'room_subscribed', fresh());
  let renewed: Promise<void>;
  if (when === 'before') {
    renewed = client.renewToken();
    await time.advance(RECONNECT_AFTER_MS);
  } else {
    await time.advance(RECONNECT_AFTER_MS);
    give('second');
    await accept();
    renewed = client.renewToken();
    await settle();
  }
  return { ...scripted, first, renewed, give };
}
const tokens = ({ sockets }: Pick<ScriptedClient, 'sockets'>) =>
  sockets.map(({ sent }) => sent.filter(({ type }) => type === 'auth').map(({ data }) => data['token']));

it.each(['before', 'behind'] as const)(
  'a token that is renewed while a connection is replaced is in force on the connection that stays, when the renewal begins %s the next connection',
  async (when) => {
    const scripted = await renewing(when);
    const { client, settle, first, renewed, give, sockets, accept, time, states } = scripted;
    // A connection that was given the older token does not replace the one that gets the new one.
    if (when === 'behind')
      sockets[1]?.answer('subscribe_room', 'room_subscribed', { ...fresh(), recovered: true, events: [] });
    expect(first.isClosed).toBe(false);
    give('renewed');
    await settle();
    first.answer('auth', 'auth_success', { userId: 'alice', expiresAt: 1e15 });
    await renewed;
    await settle();
    // Then it is replaced as before, by one with a token that is no older.
    give('newest');
    const last = await accept();
    last.answer('subscribe_room', 'room_subscribed', { ...fresh(), recovered: true, events: [] });
    expect(sockets.map(({ isClosed }) => isClosed)).toEqual([...sockets.slice(1).map(() => true), false]);
    expect([tokens(scripted)[0], tokens(scripted).at(-1)]).toEqual([['first', 'renewed'], ['newest']]);
    expect([client.state, client.room(42).state, states.length]).toEqual(['connected', 'subscribed', 2]);
    await time.advance(RECONNECT_AFTER_MS - 1);
    expect(sockets.at(-1)).toBe(last);
  },
);

it('a token that is renewed while a connection is replaced is replaced even if the renewal fails', async () => {
  const { renewed, give, settle, first, accept } = await renewing('before');
  const failed = expect(renewed).rejects.toMatchObject({ code: 'internal' });
  give('renewed');
  await settle();
  first.answer('auth', 'error', { code: 'internal', message: 'failed' });
  await failed;
  await settle();
  give('newest');
  const last = await accept();
  last.answer('subscribe_room', 'room_subscribed', { ...fresh(), recovered: true, events: [] });
  expect([first.isClosed, last.isClosed]).toEqual([true, false]);
});

it('a token that is renewed while a connection is replaced rejects at once with connection_lost when the connection is lost, and not with closed', async () => {
  const { client, first, renewed, give, accept, time } = await renewing('before');
  const failed = expect(renewed).rejects.toMatchObject({ code: 'connection_lost', closeCode: 1006 });
  first.close(1006);
  await failed;
  await time.advance(500);
  give('renewed');
  await accept();
  expect(client.state).toBe('connected');
});

it('a token that is renewed while a connection is replaced rejects with closed only after close(), also while getToken does not end', async () => {
  const { client, renewed, time } = await renewing('before');
  const failed = expect(renewed).rejects.toMatchObject({ code: 'closed' });
  client.close();
  await failed;
  await expect(client.renewToken()).rejects.toMatchObject({ code: 'closed' });
  expect(time.pending).toBe(0);
});
