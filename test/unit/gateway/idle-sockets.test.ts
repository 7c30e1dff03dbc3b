import type { IncomingMessage, RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Clock, Gateway } from '../../../lib/core/ports.ts';
import { managementApiGateway, sdkRequestHandler } from '../../../lib/gateway/management-api-gateway.ts';
import { listen, type TestServer } from '../../support/serve-aws-json.ts';
import { openGateway } from './open-gateway.ts';

const TIMEOUT_MS = 10_000;
/** What is left of it to a connection that was idle. */
const DOUBT_MS = 2_500;
const frame = new TextEncoder().encode('{}');
const ok: RequestListener = (_, response) => void response.end();
const hang: RequestListener = () => undefined;
const reset: RequestListener = ({ socket }) => void socket.resetAndDestroy();
const beginToAnswer: RequestListener = (_, { socket }) =>
  void socket?.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhalf');

let now: number;
let server: TestServer;
/** What the server does with a request, one after the other; `ok` with those that follow. */
let script: RequestListener[];
let requests: IncomingMessage[];
beforeAll(async () => {
  server = await listen((request, response) => {
    requests.push(request);
    request.resume();
    (script.shift() ?? ok)(request, response);
  });
});
afterAll(() => server.close());
beforeEach(() => {
  now = Date.parse('2026-03-01T12:00:00Z');
  requests = [];
  script = [];
});

/** The connections that requests have come over, in their order. */
const sockets = (): Socket[] => [...new Set<Socket>(requests.map(({ socket }) => socket))];
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function received(count: number): Promise<void> {
  while (requests.length < count) await turn();
  for (let turns = 0; turns < 10; turns += 1) await turn();
}

describe.each<[string, (options: { endpoint: string; timeoutMs: number; clock: Clock }) => Gateway]>([
  ['through the AWS SDK', managementApiGateway],
  ['without the AWS SDK', openGateway],
])('a gateway %s, after a freeze of the function,', (_, make) => {
  const open = () => make({ endpoint: server.url, timeoutMs: TIMEOUT_MS, clock: () => now });
  const posts = (gateway: Gateway, count: number) =>
    Promise.all(Array.from({ length: count }, () => gateway.post('c=', frame)));

  describe('reuses a connection', () => {
    it('a gateway reuses a connection that was idle for thirty seconds', async () => {
      const gateway = open();
      await posts(gateway, 1);
      now += 30_000;
      await posts(gateway, 1);
      expect(sockets()).toHaveLength(1);
    });

    it('a gateway does not reuse a connection that was idle for more than thirty seconds, and closes it', async () => {
      const gateway = open();
      await posts(gateway, 5);
      const before = sockets();
      now += 30_001;
      expect(await posts(gateway, 5)).toEqual(Array(5).fill('delivered'));
      expect(sockets()).toHaveLength(10);
      await expect.poll(() => before.map(({ destroyed }) => destroyed)).toEqual(Array(5).fill(true));
    });

    it('a gateway reuses a connection that was used recently, and closes the others that were idle for too long', async () => {
      const gateway = open();
      await posts(gateway, 3);
      now += 20_000;
      await posts(gateway, 1);
      const used = requests.at(-1)?.socket;
      now += 20_000;
      await posts(gateway, 1);
      expect(requests.at(-1)?.socket).toBe(used);
      await expect.poll(() => sockets().filter(({ destroyed }) => !destroyed)).toEqual([used]);
    });
  });

  describe('tries once more, on a fresh connection,', () => {
    it.each(['post', 'close'] as const)(
      'a gateway tries once more, on a fresh connection, a %s whose idle connection is reset',
      async (method) => {
        const gateway = open();
        await posts(gateway, 1);
        now += 1_000;
        script = [reset];
        expect(await gateway[method]('c=', frame)).toBe('delivered');
        expect(requests).toHaveLength(3);
        expect(sockets()).toHaveLength(2);
        const [, first, second] = requests;
        expect([second?.method, second?.url]).toEqual([first?.method, first?.url]);
      },
    );

    it('a post that is reset twice is tried on one fresh connection only, and is unavailable', async () => {
      const gateway = open();
      await posts(gateway, 1);
      now += 1_000;
      script = [reset, reset];
      expect(await gateway.post('c=', frame)).toBe('unavailable');
      expect(requests).toHaveLength(3);
    });

    it('a gateway does not try a post again on another connection that was idle at the same time', async () => {
      const gateway = open();
      await posts(gateway, 5);
      const idle = new Set(sockets());
      now += 1_000;
      script = [reset];
      expect(await posts(gateway, 1)).toEqual(['delivered']);
      await posts(gateway, 5);
      expect(requests.slice(6).filter(({ socket }) => idle.has(socket))).toEqual([]);
    });
  });

  describe('does not repeat', () => {
    it('a gateway does not repeat a request that is reset on a connection that was not idle: the caller does, with its own budget', async () => {
      const gateway = open();
      await posts(gateway, 1);
      now += 999;
      script = [reset];
      expect(await gateway.post('c=', frame)).toBe('unavailable');
      expect(requests).toHaveLength(2);
    });

    it('a gateway does not repeat a request that is reset on a new connection', async () => {
      script = [reset];
      expect(await open().post('c=', frame)).toBe('unavailable');
      expect(requests).toHaveLength(1);
    });
  });

  describe('cuts off', () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
    afterEach(() => void vi.useRealTimers());

    it('a gateway cuts off a post on an idle connection after a quarter of its time, and tries it once more on a fresh one', async () => {
      const gateway = open();
      await posts(gateway, 1);
      now += 1_000;
      script = [hang];
      const outcome = gateway.post('c=', frame);
      await received(2);
      await vi.advanceTimersByTimeAsync(DOUBT_MS - 1);
      expect(requests).toHaveLength(2);
      await vi.advanceTimersByTimeAsync(1);
      expect(await outcome).toBe('delivered');
      const [idle, ...others] = sockets();
      expect([requests.length, others.length]).toEqual([3, 1]);
      while (idle?.destroyed !== true) await turn();
      expect(vi.getTimerCount()).toBe(0);
    });

    it('a gateway cuts off no post that was answered: its timer ends with the answer', async () => {
      const gateway = open();
      await posts(gateway, 1);
      now += 1_000;
      expect(await posts(gateway, 1)).toEqual(['delivered']);
      expect(vi.getTimerCount()).toBe(0);
      expect(sockets()).toHaveLength(1);
    });
  });
});

const open = () => {
  const requestHandler = sdkRequestHandler({
    clock: () => now,
    requestTimeout: TIMEOUT_MS,
    maxSockets: { http: 50, https: 50 },
  });
  const client = new SQSClient({ endpoint: server.url, requestHandler, maxAttempts: 2 });
  const send = () => client.send(new ListQueuesCommand());
  return (count: number) => Promise.all(Array.from({ length: count }, send));
};
const answer: RequestListener = (_, response) => void response.end('{}');

it('a client of the AWS SDK in a function uses no connection that was idle for more than thirty seconds', async () => {
  const send = open();
  script = Array(6).fill(answer);
  await send(3);
  const idle = new Set(sockets());
  now += 30_001;
  await send(3);
  expect(requests.slice(3).filter(({ socket }) => idle.has(socket))).toEqual([]);
});

it('a client of the AWS SDK in a function makes its second attempt on a fresh connection, when an idle one is reset', async () => {
  const send = open();
  script = [answer, answer, answer, reset, answer];
  await send(3);
  const idle = new Set(sockets());
  now += 1_000;
  await send(1);
  expect(requests).toHaveLength(5);
  expect(idle.has(requests[4]?.socket as Socket)).toBe(false);
});

describe('the time of a call without the AWS SDK', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  it.each<[string, RequestListener[], number, number]>([
    ['both its tries hang', [hang, hang], 1_000, 2],
    ['it hangs on a connection that was not idle', [hang], 999, 1],
    ['it is answered in part on an idle connection', [beginToAnswer], 1_000, 1],
  ])(
    'a call without the AWS SDK takes no longer than its time if %s',
    async (_, listeners, idleMs, tries) => {
      const gateway = openGateway({ endpoint: server.url, timeoutMs: TIMEOUT_MS, clock: () => now });
      await gateway.post('c=', frame);
      now += idleMs;
      script = listeners;
      const ended = vi.fn();
      const outcome = gateway.post('c=', frame).finally(ended);
      await received(2);
      await vi.advanceTimersByTimeAsync(DOUBT_MS);
      await received(1 + tries);
      await vi.advanceTimersByTimeAsync(TIMEOUT_MS - DOUBT_MS - 1);
      expect(ended).not.toHaveBeenCalled();
      await vi.advanceTimersByTimeAsync(1);
      expect(await outcome).toBe('timed_out');
      expect(requests).toHaveLength(1 + tries);
    },
  );
});
