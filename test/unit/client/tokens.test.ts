import { expect, it } from 'vitest';
import { TradeRoomError } from '../../../lib/client/client.ts';
import { fresh, type ScriptedClient, scriptedClient } from '../../support/scripted-client.ts';

const TIMEOUT_MS = 10_000;
const auths = ({ sockets }: ScriptedClient) =>
  sockets.flatMap(({ sent }) => sent.filter(({ type }) => type === 'auth').map(({ data }) => data['token']));

/** A token endpoint that answers when the test says so. */
function endpoint() {
  const calls: { give: (token: string) => void; fail: (error: Error) => void }[] = [];
  const counts = { now: 0, most: 0 };
  const getToken = () => {
    counts.now += 1;
    counts.most = Math.max(counts.most, counts.now);
    const asked = new Promise<string>((give, fail) => calls.push({ give, fail }));
    return asked.finally(() => {
      counts.now -= 1;
    });
  };
  return { getToken, calls, counts };
}

/** Opens the newest connection, whose token the server refuses, and waits for the next one. */
async function refuse({ settle, socket, time }: ScriptedClient): Promise<void> {
  await settle();
  const refused = socket();
  refused.open();
  refused.answer('auth', 'error', { code: 'auth_failed', message: 'no' });
  refused.close(1000);
  while (socket() === refused) await time.advance(100);
}

it.each([undefined, null, '', 42, {}])(
  'a token that cannot be had now is asked for again if getToken gives %j',
  async (nothing) => {
    const answers = [nothing, nothing, 'token'];
    const scripted = scriptedClient({ getToken: () => answers.shift() as string });
    void scripted.client.connect();
    await scripted.time.advance(1_500);
    await scripted.accept();
    expect(scripted.client.state).toBe('connected');
    expect(auths(scripted)).toEqual(['token']);
    expect(new Set(scripted.errors.map(({ code }) => code))).toEqual(new Set(['token_unavailable']));
  },
);

it.each([
  [undefined, 'undefined'],
  [null, 'null'],
  ['', 'an empty string'],
  [42, 'number'],
  [{}, 'object'],
])(
  'a token that cannot be had now is an error that says what getToken gave in its place: %j',
  async (nothing, given) => {
    const scripted = scriptedClient({ getToken: () => nothing as string });
    scripted.client.connect().catch(() => undefined);
    await scripted.settle();
    expect(String(scripted.errors[0]?.cause)).toContain(`expected a token, got ${given}.`);
  },
);

it('a token that cannot be had now is asked for again after getToken has thrown, with the reason as the cause', async () => {
  const failure = new Error('503');
  const answers = [() => Promise.reject(failure)];
  const scripted = scriptedClient({ getToken: () => (answers.shift() ?? (() => 'token'))() });
  void scripted.client.connect();
  await scripted.settle();
  expect(scripted.errors).toMatchObject([{ code: 'token_unavailable', cause: failure }]);
  await scripted.time.advance(500);
  await scripted.accept();
  expect(scripted.client.state).toBe('connected');
});

it('a token that cannot be had now is awaited without a limit of time, because a person may have to type a password', async () => {
  const { getToken, calls } = endpoint();
  const scripted = scriptedClient({ getToken });
  const connected = expect(scripted.client.connect()).rejects.toMatchObject({ code: 'timeout' });
  await scripted.time.advance(10 * TIMEOUT_MS);
  await connected;
  expect(scripted.errors).toMatchObject([{ code: 'timeout', message: expect.stringContaining('getToken') }]);
  expect([calls.length, scripted.client.state]).toEqual([1, 'connecting']);
  calls[0]?.give('late');
  await scripted.accept();
  expect([scripted.client.state, auths(scripted)]).toEqual(['connected', ['late']]);
});

it('getToken runs once at a time, also when the connection is lost while it runs', async () => {
  const { getToken, calls, counts } = endpoint();
  const scripted = scriptedClient({ getToken });
  void scripted.client.connect();
  await scripted.settle();
  calls[0]?.give('first');
  const socket = await scripted.accept();
  scripted.client.renewToken().catch(() => undefined);
  await scripted.settle();
  socket.close(1006);
  await scripted.time.advance(20_000);
  calls[1]?.give('second');
  await scripted.accept();
  expect([scripted.client.state, auths(scripted), counts.most]).toEqual([
    'connected',
    ['first', 'second'],
    1,
  ]);
});

it('getToken runs again for a renewToken() that was called while it ran: what it gives may be older than the reason', async () => {
  const { getToken, calls, counts } = endpoint();
  const scripted = scriptedClient({ getToken });
  void scripted.client.connect();
  await scripted.settle();
  calls[0]?.give('first');
  const socket = await scripted.accept();
  const renewals = [scripted.client.renewToken()];
  await scripted.settle();
  renewals.push(scripted.client.renewToken(), scripted.client.renewToken());
  for (const token of ['second', 'third']) {
    await scripted.settle();
    calls.at(-1)?.give(token);
    await scripted.settle();
    socket.answer('auth', 'auth_success', { userId: 'alice', expiresAt: 1e15 });
  }
  await Promise.all(renewals);
  expect([new Set(auths(scripted)), calls.length, counts.most]).toEqual([
    new Set(['first', 'second', 'third']),
    3,
    1,
  ]);
});

it('getToken may give the same token until shortly before its end: it is sent once, and the connection is kept', async () => {
  let token = 'one';
  let asked = 0;
  const getToken = () => {
    asked += 1;
    return token;
  };
  const scripted = scriptedClient({ getToken });
  void scripted.client.connect();
  const socket = await scripted.accept(200_000);
  await scripted.time.advance(196_000);
  token = 'two';
  await scripted.time.advance(2_000);
  socket.answer('auth', 'auth_success', { userId: 'alice', expiresAt: 1e15 });
  await scripted.time.advance(90_000);
  expect([auths(scripted), scripted.sockets.length]).toEqual([['one', 'two'], 1]);
  expect(asked).toBeLessThan(10);
});

it('a token that is refused rejects connect() when it is the second in a row, and the client continues to try', async () => {
  const scripted = scriptedClient();
  const connected = expect(scripted.client.connect()).rejects.toMatchObject({ code: 'auth_failed' });
  await refuse(scripted);
  await refuse(scripted);
  await connected;
  expect(scripted.errors.map(({ code }) => code)).toEqual(['auth_failed', 'auth_failed']);
  for (let more = 0; more < 10; more += 1) await refuse(scripted);
  // The clock is right again, or the server has the new key.
  await scripted.accept();
  expect(scripted.client.state).toBe('connected');
});

it('a token that is refused once does not reject connect() if the server takes the next one', async () => {
  const scripted = scriptedClient();
  const connected = expect(scripted.client.connect()).resolves.toMatchObject({ userId: 'alice' });
  await refuse(scripted);
  await scripted.accept();
  await connected;
});

it('a token that is refused is asked for at a growing distance, of up to twenty seconds', async () => {
  let asked = 0;
  const getToken = () => `token ${++asked}`;
  const scripted = scriptedClient({ getToken });
  scripted.client.connect().catch(() => undefined);
  const began = scripted.time.now();
  while (scripted.time.now() - began < 600_000) await refuse(scripted);
  expect(asked).toBeLessThan(40);
});

it('a token that is refused feeds the rooms that were wanted before as soon as one is taken', async () => {
  const scripted = scriptedClient();
  const told: unknown[] = [];
  scripted.client.room(42).on('subscribed', (subscribed) => told.push(subscribed));
  scripted.client.room(42).on('order_executed', () => undefined);
  for (let times = 0; times < 5; times += 1) await refuse(scripted);
  const socket = await scripted.accept();
  socket.answer('subscribe_room', 'room_subscribed', fresh());
  expect(told).toEqual([{ complete: true }]);
});

const signedOut = () => {
  throw new TradeRoomError('signed_out', 'log in first');
};

it('a getToken that throws signed_out ends the client, which says why; connect() begins again', async () => {
  let getToken: () => string = signedOut;
  const scripted = scriptedClient({ getToken: () => getToken() });
  await expect(scripted.client.connect()).rejects.toMatchObject({ code: 'signed_out' });
  expect(scripted.states.at(-1)).toEqual({ state: 'disconnected', cause: 'signed_out' });
  expect(scripted.errors.map(({ code }) => code)).toEqual(['signed_out']);
  await scripted.time.advance(1e6);
  expect([scripted.sockets.length, scripted.time.pending]).toEqual([0, 0]);
  await expect(scripted.client.room(42).subscribe()).rejects.toMatchObject({ code: 'signed_out' });
  getToken = () => 'token';
  const connected = scripted.client.connect();
  const socket = await scripted.accept();
  await connected;
  expect(socket.last('subscribe_room').data).toMatchObject({ roomId: '42' });
});

it.each(['by itself', 'by renewToken()'])(
  'a getToken that throws signed_out ends a connection that is there, when it renews %s',
  async (how) => {
    let getToken = () => 'token';
    const scripted = scriptedClient({ getToken: () => getToken() });
    void scripted.client.connect();
    const socket = await scripted.accept(200_000);
    getToken = signedOut;
    if (how === 'by itself') await scripted.time.advance(140_000);
    else await expect(scripted.client.renewToken()).rejects.toMatchObject({ code: 'signed_out' });
    expect(scripted.states.at(-1)).toEqual({ state: 'disconnected', cause: 'signed_out' });
    expect([socket.isClosed, scripted.time.pending]).toEqual([true, 0]);
  },
);

it('a client that is closed while getToken runs has no timer left: nothing keeps a process alive', async () => {
  const scripted = scriptedClient({ getToken: endpoint().getToken });
  scripted.client.room(42).on('order_executed', () => undefined);
  await scripted.settle();
  scripted.client.close();
  await scripted.settle();
  expect(scripted.time.pending).toBe(0);
});

it('a client that is closed while getToken runs and connected again uses none of its tokens, which may be those of another user, and asks when it has ended', async () => {
  const { getToken, calls, counts } = endpoint();
  const scripted = scriptedClient({ getToken });
  scripted.client.connect().catch(() => undefined);
  await scripted.settle();
  for (let times = 0; times < 3; times += 1) {
    scripted.client.close();
    scripted.client.connect().catch(() => undefined);
    await scripted.settle();
  }
  expect(calls).toHaveLength(1);
  calls[0]?.give('of alice');
  await scripted.settle();
  calls[1]?.give('of bob');
  await scripted.accept();
  expect([auths(scripted), calls.length, counts.most]).toEqual([['of bob'], 2, 1]);
});

it('a client that is closed while getToken runs and connected again calls getToken again after ten seconds if the first call does not end', async () => {
  const { getToken, calls } = endpoint();
  const scripted = scriptedClient({ getToken });
  scripted.client.connect().catch(() => undefined);
  await scripted.settle();
  scripted.client.close();
  scripted.client.connect().catch(() => undefined);
  await scripted.time.advance(TIMEOUT_MS - 1);
  expect(calls).toHaveLength(1);
  await scripted.time.advance(1);
  calls[1]?.give('token');
  await scripted.accept();
  expect(scripted.client.state).toBe('connected');
});

it('a client that is closed and connected again twice while getToken runs asks no third time while the second call runs, though the first that hung has ended', async () => {
  const { getToken, calls } = endpoint();
  const scripted = scriptedClient({ getToken });
  scripted.client.connect().catch(() => undefined);
  await scripted.settle();
  scripted.client.close();
  scripted.client.connect().catch(() => undefined);
  await scripted.time.advance(TIMEOUT_MS);
  scripted.client.close();
  calls[0]?.give('of the first');
  await scripted.settle();
  scripted.client.connect().catch(() => undefined);
  await scripted.settle();
  expect(calls).toHaveLength(2);
});
