import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loopbackOnly } from '../../../lib/local/dev/loopback-only.ts';
import { listen, type TestServer } from '../../support/serve-aws-json.ts';

let server: TestServer;

beforeAll(async () => {
  server = await listen((incoming, response) => {
    if (loopbackOnly(incoming, response)) response.end('secret');
  });
});
afterAll(() => server.close());

/** `fetch` does not let a caller set Host or Origin. */
function ask(headers: Record<string, string>, method = 'GET') {
  type Answer = { status: number | undefined; headers: Record<string, unknown>; body: string };
  return new Promise<Answer>((resolve, reject) => {
    const outgoing = request(server.url, { method, headers }, async (response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      resolve({ status: response.statusCode, headers: response.headers, body });
    });
    outgoing.on('error', reject).end();
  });
}

describe('an address of the developer alone', () => {
  test.each(['localhost', 'localhost:4001', '127.0.0.1:4001', '127.1.2.3', '[::1]:4001', 'LOCALHOST:4001'])(
    'answers a request to %s',
    async (host) => {
      expect(await ask({ host })).toMatchObject({ status: 200, body: 'secret' });
    },
  );

  test.each([
    'evil.example',
    'evil.example:4001',
    'localhost.evil.example',
    'localhost:4001@evil.example',
    '127.0.0.1.evil.example',
    '192.168.1.5:4001',
    '[::2]:4001',
    '0.0.0.0:4001',
  ])('refuses a request to %s, as a rebound name would send it', async (host) => {
    const answer = await ask({ host });
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.body)).toEqual({ error: expect.stringContaining('localhost') });
  });

  test.each(['http://localhost:3000', 'https://localhost', 'http://127.0.0.1:5173', 'http://[::1]:8080'])(
    'lets a page of %s read the answer',
    async (origin) => {
      const answer = await ask({ host: 'localhost:4001', origin });
      expect(answer).toMatchObject({ status: 200, body: 'secret' });
      expect(answer.headers).toMatchObject({ 'access-control-allow-origin': origin, vary: 'Origin' });
    },
  );

  test.each([
    'https://evil.example',
    'http://localhost.evil.example',
    'http://evil.example#http://localhost',
    'null',
    'file://',
    'http://192.168.1.5:3000',
  ])('refuses a page of %s', async (origin) => {
    const answer = await ask({ host: 'localhost:4001', origin });
    expect(answer.status).toBe(403);
    expect(answer.body).not.toContain('secret');
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });

  test('answers the preflight of a local page, and not of a foreign one', async () => {
    const local = await ask({ host: 'localhost:4001', origin: 'http://localhost:3000' }, 'OPTIONS');
    expect(local).toMatchObject({ status: 204, body: '' });
    expect(local.headers).toMatchObject({
      'access-control-allow-origin': 'http://localhost:3000',
      'access-control-allow-methods': expect.stringContaining('POST'),
      'access-control-allow-headers': 'content-type',
    });
    const foreign = await ask({ host: 'localhost:4001', origin: 'https://evil.example' }, 'OPTIONS');
    expect(foreign.status).toBe(403);
  });
});
