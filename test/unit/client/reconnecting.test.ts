import { expect, it } from 'vitest';
import { type ScriptedClient, scriptedClient } from '../../support/scripted-client.ts';
import { scriptedWebSocket } from '../../support/scripted-web-socket.ts';

/** The network of a browser. */
const networkEvents = () => new EventTarget();

/** Closes the newest connection, lets time pass until there is another, and says how long that was. */
async function lose({ socket, time }: ScriptedClient, code: number): Promise<number> {
  const lost = socket();
  const since = time.now();
  lost.close(code);
  while (socket() === lost) await time.advance(100);
  return time.now() - since;
}

it.each([1000, 1001, 1003, 1006, 1009, 1011, 1012])(
  'a client that has lost its connection comes back within half a second, whatever the close code: %i',
  async (code) => {
    const { client, accept, time, states, sockets } = scriptedClient();
    void client.connect();
    (await accept()).close(code);
    await time.advance(500);
    await accept();
    expect(sockets).toHaveLength(2);
    expect(states).toEqual([
      { state: 'connecting', cause: undefined },
      { state: 'connected', cause: undefined },
      { state: 'connecting', cause: 'connection_lost' },
      { state: 'connected', cause: undefined },
    ]);
  },
);

it('a client that has lost its connection notices at once a connection that failed with an error event and without a close event', async () => {
  const { client, settle, socket, time, errors, accept } = scriptedClient();
  const refused = new Error('ECONNREFUSED');
  client.connect().catch(() => undefined);
  await settle();
  socket().fail(refused);
  await settle();
  expect(errors).toMatchObject([{ code: 'connection_lost', cause: refused }]);
  await time.advance(500);
  await accept();
  expect(client.state).toBe('connected');
});

it('a client that has lost its connection reports the close code, and an error event before it as the cause', async () => {
  const { client, accept, settle } = scriptedClient();
  const causes: unknown[] = [];
  client.on('state', (_, cause) => cause && causes.push(cause));
  void client.connect();
  const socket = await accept();
  const reset = new Error('ECONNRESET');
  socket.fail(reset);
  socket.close(1006);
  await settle();
  expect(causes).toMatchObject([{ code: 'connection_lost', closeCode: 1006, cause: reset }]);
});

it('a client that has lost its connection tells the close code', async () => {
  const { client, accept } = scriptedClient();
  const codes: unknown[] = [];
  client.on('state', (_, cause) => codes.push(cause?.closeCode));
  void client.connect();
  (await accept()).close(1012);
  expect(codes).toEqual([undefined, undefined, 1012]);
});

it.each([
  { chance: 1, expected: [4_000, 8_000, 16_000, 20_000, 4_000] },
  { chance: 0, expected: [2_000, 4_000, 8_000, 10_000, 2_000] },
])(
  'a client waits two to four seconds if API Gateway has throttled it (1008), and longer if it does so again: with $chance as chance',
  async ({ chance, expected }) => {
    const scripted = scriptedClient({ random: () => chance });
    void scripted.client.connect();
    const waits: number[] = [];
    while (waits.length < 4) {
      await scripted.accept();
      waits.push(await lose(scripted, 1008));
    }
    // A connection that held ends the series, but not the throttling.
    await scripted.accept();
    await scripted.time.advance(5_000);
    waits.push(await lose(scripted, 1008));
    expect(waits).toEqual(expected);
  },
);

it('a client that has lost its connection waits longer with every attempt that fails, up to 20 s', async () => {
  const scripted = scriptedClient();
  scripted.client.connect().catch(() => undefined);
  await scripted.settle();
  const waits: number[] = [];
  while (waits.length < 8) waits.push(await lose(scripted, 1006));
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]);
});

it('a client that has lost its connection waits longer, too, for a server that closes right behind auth', async () => {
  const scripted = scriptedClient();
  void scripted.client.connect();
  const waits: number[] = [];
  while (waits.length < 4) {
    await scripted.accept();
    waits.push(await lose(scripted, 1000));
  }
  expect(waits).toEqual([500, 1_000, 2_000, 4_000]);
});

it('a client that has lost its connection begins with short waits again after a connection that held', async () => {
  const scripted = scriptedClient();
  void scripted.client.connect();
  for (let attempt = 0; attempt < 6; attempt += 1) {
    await scripted.accept();
    await lose(scripted, 1006);
  }
  await scripted.accept();
  await scripted.time.advance(5_000);
  expect(await lose(scripted, 1006)).toBe(500);
});

it('a client that has lost its connection tries at once when the network comes back', async () => {
  const network = networkEvents();
  const { client, accept, settle, sockets } = scriptedClient({ network, minBackoffMs: 20_000 });
  void client.connect();
  (await accept()).close(1006);
  network.dispatchEvent(new Event('offline'));
  await settle();
  expect(sockets).toHaveLength(1);
  network.dispatchEvent(new Event('online'));
  await settle();
  expect(sockets).toHaveLength(2);
});

it('a client that has lost its connection begins with short waits again when the network comes back', async () => {
  const network = networkEvents();
  const scripted = scriptedClient({ network });
  scripted.client.connect().catch(() => undefined);
  await scripted.settle();
  for (let attempt = 0; attempt < 6; attempt += 1) await lose(scripted, 1006);
  scripted.socket().close(1006);
  await scripted.settle();
  network.dispatchEvent(new Event('online'));
  await scripted.settle();
  expect(await lose(scripted, 1006)).toBe(500);
});

it.each(['online', 'offline', 'visibilitychange'])(
  'a client that has lost its connection finds out when the network says %s: the server does not answer a ping',
  async (event) => {
    const network = networkEvents();
    const { client, accept, time, states } = scriptedClient({ network });
    void client.connect();
    const socket = await accept();
    network.dispatchEvent(new Event(event));
    expect(socket.last('ping')).toMatchObject({ data: { rooms: {} } });
    await time.advance(10_000);
    expect(states.at(-1)).toEqual({ state: 'connecting', cause: 'timeout' });
  },
);

it('a client that has lost its connection pings once even if the network changes several times', async () => {
  const network = networkEvents();
  const { client, accept } = scriptedClient({ network });
  void client.connect();
  const socket = await accept();
  for (const event of ['offline', 'online', 'offline', 'online']) network.dispatchEvent(new Event(event));
  expect(socket.sent.filter(({ type }) => type === 'ping')).toHaveLength(1);
});

it('a client that has lost its connection hears nothing of the network once it is closed', async () => {
  const network = networkEvents();
  const { client, accept, settle, sockets } = scriptedClient({ network });
  void client.connect();
  await accept();
  client.close();
  network.dispatchEvent(new Event('online'));
  await settle();
  expect(sockets).toHaveLength(1);
});

it('a client that has lost its connection says why, if the server said so before it closed', async () => {
  const { client, accept, states } = scriptedClient();
  void client.connect();
  const socket = await accept();
  socket.send({ type: 'error', data: { code: 'token_expired', message: 'expired' } });
  socket.close(1000);
  expect(states.at(-1)).toEqual({ state: 'connecting', cause: 'token_expired' });
});

const broken = () => {
  throw new Error('of the class');
};

it.each(['send', 'close'] as const)(
  'a client with a WebSocket class of another kind connects again if %s throws',
  async (method) => {
    const { WebSocket, sockets } = scriptedWebSocket();
    class Throwing extends WebSocket {
      [method] = broken;
    }
    const { client, settle, time, states } = scriptedClient({ WebSocket: Throwing });
    client.connect().catch(() => undefined);
    await settle();
    sockets[0]?.open();
    await time.advance(10_500);
    expect(sockets.length).toBeGreaterThan(1);
    client.close();
    expect(states.at(-1)).toEqual({ state: 'disconnected', cause: 'closed' });
  },
);

it.each(['onclose', 'onerror'] as const)(
  'a client with a WebSocket class of another kind connects again if %s is called without an event',
  async (name) => {
    const { WebSocket, sockets } = scriptedWebSocket();
    class Silent extends WebSocket {
      constructor(url: string) {
        super(url);
        queueMicrotask(() => (this[name] as (() => void) | null)?.());
      }
    }
    const { client, settle, time } = scriptedClient({ WebSocket: Silent });
    client.connect().catch(() => undefined);
    await settle();
    await time.advance(500);
    expect(sockets).toHaveLength(2);
  },
);

it('a client whose connection is silent pings every five minutes, before API Gateway closes it', async () => {
  const { client, accept, time } = scriptedClient();
  void client.connect();
  const socket = await accept();
  await time.advance(299_999);
  expect(socket.sent.filter(({ type }) => type === 'ping')).toHaveLength(0);
  for (let minutes = 5; minutes <= 30; minutes += 5) {
    await time.advance(minutes === 5 ? 1 : 300_000);
    socket.answer('ping', 'pong');
  }
  expect(socket.sent.filter(({ type }) => type === 'ping')).toHaveLength(6);
  expect(client.state).toBe('connected');
});
