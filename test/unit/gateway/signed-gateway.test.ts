import type { IncomingMessage, RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Credentials } from '../../../lib/gateway/sign-request.ts';
import { listen, type TestServer } from '../../support/serve-aws-json.ts';
import { openGateway } from './open-gateway.ts';

const TIMEOUT_MS = 10_000;
const frame = new TextEncoder().encode('{}');
const ok: RequestListener = (_, response) => void response.end();

let server: TestServer;
/** What the server does with a request. */
let serve: RequestListener;
let requests: IncomingMessage[];
beforeAll(async () => {
  server = await listen((request, response) => {
    requests.push(request);
    request.resume();
    serve(request, response);
  });
});
afterAll(() => server.close());
beforeEach(() => {
  requests = [];
  serve = ok;
});

const open = (options: Partial<Parameters<typeof openGateway>[0]> = {}) =>
  openGateway({ endpoint: server.url, timeoutMs: TIMEOUT_MS, ...options });

/** The connections that requests have come over so far. */
const sockets = () => new Set<Socket>(requests.map(({ socket }) => socket));

it('connections to API Gateway are used again, so that posts one after another need one connection', async () => {
  const { post, close } = open();
  for (let count = 0; count < 20; count += 1) await post('c=', frame);
  await close('c=');
  expect(requests).toHaveLength(21);
  expect(sockets().size).toBe(1);
});

it('a gateway has no more connections to API Gateway than calls at once', async () => {
  const { post } = open();
  const postTen = () => Promise.all(Array.from({ length: 10 }, () => post('c=', frame)));
  await postTen();
  await postTen();
  expect(requests).toHaveLength(20);
  expect(sockets().size).toBe(10);
});

it('a gateway has no more connections to API Gateway than allowed: further calls wait for one', async () => {
  const { post } = open({ maxSockets: 1 });
  expect(await Promise.all([post('c=', frame), post('c=', frame)])).toEqual(['delivered', 'delivered']);
  expect(sockets().size).toBe(1);
});

it('a connection to API Gateway that breaks makes a call unavailable, and the next one gets another', async () => {
  const { post } = open();
  await post('c=', frame);
  serve = ({ socket }) => void socket.resetAndDestroy();
  expect(await post('c=', frame)).toBe('unavailable');
  serve = ok;
  expect(await post('c=', frame)).toBe('delivered');
  expect(requests).toHaveLength(3);
});

it('connections to API Gateway are encrypted if the endpoint is https', async () => {
  const received: Buffer[] = [];
  const plain = createServer((socket) =>
    socket.once('data', (bytes) => {
      received.push(bytes);
      socket.destroy();
    }),
  );
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
  const { port } = plain.address() as AddressInfo;
  expect(await open({ endpoint: `https://127.0.0.1:${port}` }).post('c=', frame)).toBe('unavailable');
  plain.close();
  // The first byte of a TLS handshake.
  expect(received[0]?.[0]).toBe(0x16);
});

describe('the time limit of a call', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  const turn = () => new Promise((resolve) => setImmediate(resolve));

  /** The server has got a request, and what it wrote has come back. Vitest's own waiting would move the time. */
  async function received(): Promise<void> {
    while (requests.length === 0) await turn();
    for (let count = 0; count < 10; count += 1) await turn();
  }

  it.each<[string, RequestListener]>([
    ['is not answered', () => undefined],
    [
      'is answered in part',
      (_, { socket }) => void socket?.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhalf'),
    ],
  ])(
    'a call that API Gateway answers with %s is cut off, and its connection is not used again',
    async (_, hang) => {
      const { post } = open();
      serve = hang;
      const ended = vi.fn();
      const outcome = post('c=', frame).finally(ended);
      await received();
      await vi.advanceTimersByTimeAsync(TIMEOUT_MS - 1);
      expect(ended).not.toHaveBeenCalled();
      await vi.advanceTimersByTimeAsync(1);
      expect(await outcome).toBe('timed_out');
      serve = ok;
      expect(await post('c=', frame)).toBe('delivered');
      const [cutOff, ...others] = sockets();
      expect(others).toHaveLength(1);
      await expect.poll(() => cutOff?.destroyed).toBe(true);
    },
  );

  it('the time limit of a call is over with the call, whose connection it leaves alone', async () => {
    const { post } = open();
    await post('c=', frame);
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(2 * TIMEOUT_MS);
    expect(await post('c=', frame)).toBe('delivered');
    expect(sockets().size).toBe(1);
  });

  it('the time limit of a call counts the wait for a connection', async () => {
    const { post } = open({ maxSockets: 1 });
    serve = () => undefined;
    const outcomes = Promise.all([post('c=', frame), post('c=', frame)]);
    await received();
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS);
    expect(await outcomes).toEqual(['timed_out', 'timed_out']);
  });

  it('the time limit of a call counts the wait for credentials; a call that was cut off is not made when they come', async () => {
    let come: (credentials: Credentials) => void = () => undefined;
    const credentials = () =>
      new Promise<Credentials>((resolve) => {
        come = resolve;
      });
    const { post } = open({ credentials });
    const outcome = post('c=', frame);
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS);
    expect(await outcome).toBe('timed_out');
    come({ accessKeyId: 'late', secretAccessKey: 'late' });
    expect(await post('c=', frame)).toBe('delivered');
    expect(requests).toHaveLength(1);
  });
});

const none = async () => Promise.reject(new Error('none'));

it.each([
  ['nobody to sign for', { credentials: none }],
  ['no region', { region: none }],
])('a call that cannot be made because there is %s yet is unavailable', async (_, missing) => {
  const { post, close } = open(missing);
  expect([await post('c=', frame), await close('c=')]).toEqual(['unavailable', 'unavailable']);
  expect(requests).toEqual([]);
});

it.each([
  ['an id that is not Unicode', '\ud800', 'test'],
  ['credentials that no header can have', 'c=', 'te\nst'],
])('a call that cannot be made because of %s is refused', async (_, id, accessKeyId) => {
  const { post, close } = open({ credentials: async () => ({ accessKeyId, secretAccessKey: 'test' }) });
  expect([await post(id, frame), await close(id)]).toEqual(['refused', 'refused']);
  expect(requests).toEqual([]);
});

it('the gateway uses new credentials for the next second', async () => {
  let time = Date.parse('2026-03-01T12:00:00Z');
  let sessionToken = 'old';
  const credentials = async () => ({ accessKeyId: 'test', secretAccessKey: 'test', sessionToken });
  const { post } = open({ clock: () => time, credentials });
  await post('c=', frame);
  sessionToken = 'new';
  time += 1_000;
  await post('c=', frame);
  expect(requests.map(({ headers }) => headers['x-amz-security-token'])).toEqual(['old', 'new']);
  expect(requests[1]?.headers['x-amz-date']).toBe('20260301T120001Z');
});
