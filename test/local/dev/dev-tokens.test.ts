import { createLocalJWKSet, decodeProtectedHeader, type JWTVerifyOptions, jwtVerify } from 'jose';
import { afterEach, describe, expect, test } from 'vitest';
import { type DevTokens, type DevTokensOptions, devTokens } from '../../../lib/local/dev/dev-tokens.ts';
import { passingDevelopmentKey } from '../../../lib/local/dev/development-key.ts';
import { manualTime } from '../../support/manual-time.ts';
import { listen, type TestServer } from '../../support/serve-aws-json.ts';

const NOW_SECONDS = Date.UTC(2026, 0, 1) / 1000;
const SECRET = 'a-secret-of-development';

describe('the development token issuer', async () => {
  let server: TestServer | undefined;
  let tokens: DevTokens;

  async function start(options: Omit<DevTokensOptions, 'time'>) {
    tokens = devTokens({ ...options, time: manualTime(NOW_SECONDS * 1000) });
    server = await listen((request, response) => void tokens.handleToken(request, response));
  }
  afterEach(() => server?.close());

  const key = await passingDevelopmentKey();
  const withKeys = {
    mode: { kind: 'jwks' as const, key },
    issuer: 'https://issuer.example',
    audience: 'room',
  };
  const withSecret = { mode: { kind: 'shared-secret' as const, secret: SECRET } };

  async function ask(body: unknown, init: RequestInit = {}) {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(`${server?.url}/dev/token`, { method: 'POST', body: text, ...init });
    return { status: response.status, body: (await response.json()) as { token?: string; error?: string } };
  }

  async function payloadOf(body: unknown, options: JWTVerifyOptions = {}) {
    const { token = '' } = (await ask(body)).body;
    const at = { currentDate: new Date(NOW_SECONDS * 1000), ...options };
    const isSecret = decodeProtectedHeader(token).alg === 'HS256';
    const { payload } = isSecret
      ? await jwtVerify(token, new TextEncoder().encode(SECRET), at)
      : await jwtVerify(token, createLocalJWKSet(tokens.jwks()), at);
    return payload;
  }

  test('the development token issuer signs with the development key, which its key set holds', async () => {
    await start(withKeys);
    const expected = { issuer: 'https://issuer.example', audience: 'room' };
    expect(await payloadOf({ sub: 'alice' }, expected)).toEqual({
      iss: 'https://issuer.example',
      aud: 'room',
      sub: 'alice',
      iat: NOW_SECONDS,
      exp: NOW_SECONDS + 3600,
    });
    expect(tokens.jwks().keys).toEqual([key.publicJwk]);
    expect(tokens.jwks().keys[0]).not.toHaveProperty('d');
  });

  const grant = (authorization: string, body = 'grant_type=client_credentials&scope=any') =>
    ask(body, {
      headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
    }) as Promise<{ status: number; body: Record<string, unknown> }>;
  const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`;

  test('the development token issuer gives a client that asks by OAuth’s client credentials grant a token of its id, with the claims of clients', async () => {
    await start({ ...withKeys, grantClaims: { rooms: ['*'] } });
    const { status, body } = await grant(basic('a%2Fb:any secret'));
    expect({ status, ...body }).toMatchObject({ status: 200, token_type: 'Bearer', expires_in: 3600 });
    const { payload } = await jwtVerify(String(body['access_token']), createLocalJWKSet(tokens.jwks()), {
      currentDate: new Date(NOW_SECONDS * 1000),
    });
    expect(payload).toMatchObject({ sub: 'a/b', rooms: ['*'] });
  });

  test('the development token issuer refuses a grant of another kind, and a client that does not name itself', async () => {
    await start(withKeys);
    expect(await grant(basic('a:b'), 'grant_type=password')).toMatchObject({
      status: 400,
      body: { error: '"grant_type" must be "client_credentials".' },
    });
    expect(await grant('Bearer x')).toMatchObject({
      status: 400,
      body: { error: 'The client must name itself by Basic authorization.' },
    });
  });

  test('the development token issuer signs with the secret in shared-secret mode, and publishes no key', async () => {
    await start(withSecret);
    expect(await payloadOf({ sub: 'alice' })).toEqual({
      sub: 'alice',
      iat: NOW_SECONDS,
      exp: NOW_SECONDS + 3600,
    });
    expect(tokens.jwks()).toEqual({ keys: [] });
  });

  test('the development token issuer puts the user id into the configured claim as well', async () => {
    await start({ ...withSecret, userIdClaim: 'id' });
    expect(await payloadOf({ sub: 'alice' })).toMatchObject({ id: 'alice', sub: 'alice' });
    expect(await payloadOf({ sub: '42', claims: { id: 42 } })).toMatchObject({ id: 42, sub: '42' });
  });

  test('the development token issuer adds further claims, which may contradict the issuer but not the user or the expiry', async () => {
    await start(withKeys);
    const claims = { rooms: ['1', '2'], iss: 'https://elsewhere.example', sub: 'eve', exp: 1 };
    expect(await payloadOf({ sub: 'alice', claims })).toMatchObject({
      rooms: ['1', '2'],
      iss: 'https://elsewhere.example',
      sub: 'alice',
      exp: NOW_SECONDS + 3600,
    });
  });

  test.each([0, -60])(
    'the development token issuer makes a token that has expired with expiresIn %i',
    async (expiresIn) => {
      await start(withSecret);
      await expect(payloadOf({ sub: 'alice', expiresIn })).rejects.toMatchObject({ code: 'ERR_JWT_EXPIRED' });
    },
  );

  test.each([
    ['no JSON', '{', 'JSON object'],
    ['no object', '["alice"]', 'JSON object'],
    ['an empty body', '', 'JSON object'],
    ['no sub', {}, '"sub"'],
    ['an empty sub', { sub: '' }, '"sub"'],
    ['a number as sub', { sub: 42 }, '"sub"'],
    ['a text as expiresIn', { sub: 'alice', expiresIn: '3600' }, '"expiresIn"'],
    ['half seconds', { sub: 'alice', expiresIn: 0.5 }, '"expiresIn"'],
    ['a list as claims', { sub: 'alice', claims: ['x'] }, '"claims"'],
    ['a field that does not exist', { sub: 'alice', expires_in: 5 }, 'expires_in'],
  ])('the development token issuer answers %s with what it expected', async (_name, body, sentence) => {
    await start(withSecret);
    const { status, body: answer } = await ask(body);
    expect(status).toBe(400);
    expect(answer.error).toContain(sentence);
  });

  test('the development token issuer gives no token for a GET', async () => {
    await start(withSecret);
    const response = await fetch(`${server?.url}/dev/token`);
    expect(response.status).toBe(405);
  });
});
