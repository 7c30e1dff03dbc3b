import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { connect, type HandshakeRefused } from '../support/test-client.ts';
import { answerTo, sendHandshake } from './api-gateway/raw-handshake.ts';
import { startToy, type Toy } from './toy-stack.ts';

interface Asked {
  headers: Record<string, string>;
  method?: string;
  path?: string;
  body?: string;
}

/** `fetch` does not let a caller set Host or Origin. */
function ask({ port }: Toy, { headers, method = 'GET', path = '/dev/stack', body = '' }: Asked) {
  type Answer = { status: number | undefined; headers: Record<string, unknown>; body: string };
  return new Promise<Answer>((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, method, headers };
    const outgoing = request(options, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve({ status: response.statusCode, headers: response.headers, body: text });
    });
    outgoing.on('error', reject).end(body);
  });
}

async function handshake({ endpoint }: Toy, headers: Record<string, string>): Promise<number> {
  try {
    await (await connect(endpoint, { headers })).close();
    return 101;
  } catch (error) {
    return (error as HandshakeRefused).statusCode;
  }
}

const start = (options: Partial<Parameters<typeof startToy>[0]> = {}) =>
  startToy({
    routes: {},
    handlers: { heard: async () => 'heard' },
    adapt: (stack) => ({ ...stack, secrets: { password: 'hidden' } }),
    pages: async () => ({ contentType: 'text/html', body: 'hidden' }),
    tokens: { mode: { kind: 'shared-secret', secret: 'hidden' } },
    ...options,
  });

const signed = { authorization: 'AWS4-HMAC-SHA256 x', 'content-type': 'application/x-amz-json-1.1' };
const target = (name: string) => ({ ...signed, 'x-amz-target': name, 'x-amz-date': '20260101T000000Z' });
const put = { Entries: [{ EventBusName: 'toy', Source: 's', DetailType: 't', Detail: '{}' }] };

/** Everything that is served, one of a kind. */
const SERVED: Record<string, Asked> = {
  'the page': { headers: { accept: 'text/html' }, path: '/' },
  'a path of its own': { headers: {}, path: '/dev/connections' },
  'a token': { headers: {}, path: '/dev/token', method: 'POST', body: '{"sub":"alice"}' },
  'the public keys': { headers: {}, path: '/.well-known/jwks.json' },
  'a secret': {
    headers: target('secretsmanager.GetSecretValue'),
    path: '/',
    method: 'POST',
    body: '{"SecretId":"password"}',
  },
  'an event': {
    headers: target('AWSEvents.PutEvents'),
    path: '/',
    method: 'POST',
    body: JSON.stringify(put),
  },
  DynamoDB: {
    headers: target('DynamoDB_20120810.ListTables'),
    path: '/',
    method: 'POST',
    body: '{}',
  },
  'a queue': { headers: target('AmazonSQS.ListQueues'), path: '/', method: 'POST', body: '{}' },
  'a function': {
    headers: signed,
    path: '/2015-03-31/functions/heard/invocations',
    method: 'POST',
    body: '{}',
  },
  '@connections': { headers: signed, path: '/toy/@connections/none' },
};

describe('Without a setting', () => {
  let toy: Toy;
  beforeAll(async () => {
    toy = await start();
  });
  afterAll(() => toy.close());

  describe.each(Object.entries(SERVED))('%s', (_what, asked) => {
    const with_ = (headers: Record<string, string>) => ({
      ...asked,
      headers: { ...asked.headers, ...headers },
    });

    test('without a setting, the emulator serves a program of this machine', async () => {
      expect((await ask(toy, with_({ host: 'localhost:4001' }))).status).not.toBe(403);
    });

    test('without a setting, a request under the name of a foreign page, as a rebound name would ask, is refused with a sentence that says what to do', async () => {
      const answer = await ask(toy, with_({ host: 'evil.example:4001' }));
      expect(answer.status).toBe(403);
      expect(answer.headers['x-amzn-errortype']).toBe('HostNotAllowed');
      expect(JSON.parse(answer.body)).toEqual({ message: expect.stringContaining('--allow-host') });
    });

    test('without a setting, a page of a foreign origin is refused, and no browser lets it read the answer', async () => {
      const answer = await ask(toy, with_({ host: 'localhost:4001', origin: 'https://evil.example' }));
      expect(answer.status).toBe(403);
      expect(answer.headers['x-amzn-errortype']).toBe('OriginNotAllowed');
      expect(JSON.parse(answer.body)).toEqual({ message: expect.stringContaining('--allow-origin') });
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    });
  });

  test('without a setting, a WebSocket opens for a client that is no page', async () => {
    expect(await handshake(toy, {})).toBe(101);
  });

  test.each([
    'http://localhost:3000',
    'https://localhost',
    'http://127.0.0.1:5173',
    'http://[::1]:8080',
    'http://app.localhost:3000',
  ])('without a setting, a WebSocket opens for a page of %s', async (origin) => {
    expect(await handshake(toy, { origin })).toBe(101);
  });

  test.each([
    'https://evil.example',
    'http://localhost.evil.example',
    'null',
    'file://',
    'http://192.168.1.5',
  ])(
    'without a setting, a WebSocket does not open for a page of %s, and the terminal says why: the page cannot read it',
    async (origin) => {
      expect(await handshake(toy, { origin })).toBe(403);
      expect(toy.printed.join('\n')).toContain(`Pages of "${origin}" may not use this address`);
    },
  );

  test('without a setting, a WebSocket does not open under the name of a foreign page', async () => {
    const answer = await answerTo(sendHandshake(toy.endpoint, { Host: 'evil.example' }));
    expect(answer).toMatch(/^HTTP\/1\.1 403 [\s\S]*--allow-host/);
  });

  test.each([
    'localhost',
    'localhost:4001',
    'LOCALHOST:4001',
    'localhost.:4001',
    'app.localhost:4001',
    '127.0.0.1:4001',
    '127.1.2.3',
    '[::1]:4001',
    '[0:0:0:0:0:0:0:1]:4001',
    '[::ffff:127.0.0.1]:4001',
    'localhost:',
    'host.docker.internal:4001',
  ])('without a setting, the emulator answers under the name %s', async (host) => {
    expect((await ask(toy, { headers: { host } })).status).toBe(200);
    expect(await handshake(toy, { host })).toBe(101);
  });

  test.each([
    'evil.example',
    'localhost.evil.example',
    'evil-localhost',
    'localhost:4001@evil.example',
    'evil.example/localhost',
    'evil.example#.localhost',
    'localhost:4001:4001',
    '127.0.0.1.evil.example',
    '192.168.1.5:4001',
    '[::2]:4001',
    '[::ffff:192.168.1.5]:4001',
    '[::ffff:7f00:1:2]:4001',
    '0.0.0.0:4001',
    '[::]:4001',
  ])('without a setting, the emulator answers nothing under the name "%s"', async (host) => {
    const answer = await ask(toy, { headers: { host } });
    expect(answer.status).toBe(403);
  });

  test.each([
    'http://localhost:3000',
    'https://localhost:8443',
    'http://127.0.0.1:5173',
    'http://[::1]:8080',
    'http://app.localhost:3000',
  ])(
    'without a setting, the emulator lets a page of %s read the answers of /dev/*, after a preflight',
    async (origin) => {
      const headers = { host: 'localhost:4001', origin };
      const answer = await ask(toy, { headers });
      expect(answer.status).toBe(200);
      expect(answer.headers).toMatchObject({ 'access-control-allow-origin': origin, vary: 'Origin' });
      const preflight = await ask(toy, { headers, method: 'OPTIONS', path: '/dev/token' });
      expect(preflight).toMatchObject({ status: 204, body: '' });
      expect(preflight.headers).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-methods': expect.stringContaining('POST'),
        'access-control-allow-headers': 'content-type',
      });
    },
  );

  test('without a setting, the emulator prints one line for a page that asks again and again', async () => {
    for (let time = 0; time < 3; time += 1) await handshake(toy, { origin: 'https://again.example' });
    expect(toy.printed.filter((line) => line.includes('again.example'))).toHaveLength(1);
  });
});

describe('What is allowed by an option', () => {
  let toy: Toy | undefined;
  afterEach(() => toy?.close());

  test('an option allows a name that the emulator is called by, of pages too, and nothing like it', async () => {
    toy = await start({ allowedHosts: ['Realtime.test', '10.1.2.3'] });
    const statusOf = async (headers: Record<string, string>) => (await ask(toy as Toy, { headers })).status;
    expect(await statusOf({ host: 'realtime.test:4001', origin: 'http://realtime.test:3000' })).toBe(200);
    expect(await statusOf({ host: '10.1.2.3:4001' })).toBe(200);
    expect(await statusOf({ host: 'a.realtime.test' })).toBe(403);
    expect(await statusOf({ host: 'evil.example' })).toBe(403);
    expect(await handshake(toy, { host: 'realtime.test:4001' })).toBe(101);
  });

  test('an option allows an origin of pages, for WebSockets and /dev/*, and no other port or scheme of it', async () => {
    toy = await start({ allowedOrigins: ['https://Dev.example/', 'null'] });
    expect(await handshake(toy, { origin: 'https://dev.example' })).toBe(101);
    expect(await handshake(toy, { origin: 'null' })).toBe(101);
    expect(await handshake(toy, { origin: 'http://dev.example' })).toBe(403);
    expect(await handshake(toy, { origin: 'https://dev.example:8443' })).toBe(403);
    const answer = await ask(toy, { headers: { host: 'localhost', origin: 'https://dev.example' } });
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'access-control-allow-origin': 'https://dev.example' },
    });
    // It is no name of this machine.
    expect((await ask(toy, { headers: { host: 'dev.example' } })).status).toBe(403);
  });

  test('an option allows the address that a request has come to, if the emulator listens on every interface', async () => {
    toy = await start({ host: '0.0.0.0' });
    expect((await ask(toy, { headers: { host: '127.0.0.1' } })).status).toBe(200);
    expect((await ask(toy, { headers: { host: '0.0.0.0' } })).status).toBe(403);
    expect((await ask(toy, { headers: { host: '192.0.2.1' } })).status).toBe(403);
  });

  test.each([
    { allowedHosts: ['http://dev.example'] },
    { allowedHosts: ['*'] },
    { allowedOrigins: ['dev.example'] },
  ])('an option must be a name or an origin: %j is refused', async (options) => {
    await expect(start(options)).rejects.toThrow(/^--allow-(host|origin): expected /);
  });
});
