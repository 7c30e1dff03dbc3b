import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { SimpleFetcher } from 'aws-jwt-verify/https';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MAX_KEY_FETCH_MS } from '../../../lib/auth/key-fetching.ts';
import { TokenNotChecked } from '../../../lib/auth/user.ts';
import { verifyWithJwks } from '../../../lib/auth/verify-with-keys.ts';
import { keysBeforeFirstToken } from '../../../lib/lambda/on-auth.ts';
import { recordingLog } from '../../support/recording-log.ts';
import { AUDIENCE, claims, ISSUER, jwksUri, withRsa } from './token-modes.ts';

const keys = await (await fetch(jwksUri)).arrayBuffer();
const settings = { mode: 'jwks', issuer: ISSUER, audience: AUDIENCE, userIdClaim: 'sub' } as const;
const pool = { mode: 'cognito', userPoolId: 'eu-west-1_a1B2c3D4e', clientId: 'app' };

const fetchFromIssuer = vi.spyOn(SimpleFetcher.prototype, 'fetch');
beforeEach(() => {
  fetchFromIssuer.mockReset().mockResolvedValue(keys);
});
afterEach(() => vi.unstubAllEnvs());

let starts = 0;
/** A cold start of the function of this token mode: its module is evaluated. */
async function start(tokenSettings: object) {
  vi.stubEnv('TOKEN_SETTINGS', JSON.stringify(tokenSettings));
  vi.stubEnv('ROOM_ACCESS', 'open');
  for (const name of ['TABLE_NAME', 'POWERTOOLS_SERVICE_NAME', 'POWERTOOLS_METRICS_NAMESPACE'])
    vi.stubEnv(name, 'test');
  vi.stubEnv('CALLBACK_URL', 'http://127.0.0.1:1/test');
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'CRITICAL');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'true');
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  starts += 1;
  const name = 'issuer' in tokenSettings ? 'auth-jwks' : 'auth-cognito';
  // A query makes it another module, which is evaluated once more.
  return import(/* @vite-ignore */ `../../../lambdas/${name}.ts?start=${starts}`);
}

it.each<[string, object, string[]]>([
  ['jwks', settings, [ISSUER]],
  // Tokens of a pool that is replicated to other regions name the second one.
  [
    'cognito',
    pool,
    [
      'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a1B2c3D4e',
      'https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a1B2c3D4e',
    ],
  ],
])(
  'the keys of the issuer are there when a function of the mode %s has started',
  async (_, tokenSettings, issuers) => {
    let have: (fetched: ArrayBuffer) => void = () => undefined;
    fetchFromIssuer.mockReturnValue(
      new Promise((resolve) => {
        have = resolve;
      }),
    );
    const started = vi.fn();
    const starting = start(tokenSettings).then(started);
    const uris = issuers.map((issuer) => [`${issuer}/.well-known/jwks.json`]);
    await expect.poll(() => fetchFromIssuer.mock.calls).toEqual(uris);
    expect(started).not.toHaveBeenCalled();
    have(keys);
    await starting;
    expect(started.mock.calls[0]?.[0]).toMatchObject({ handler: expect.any(Function) });
  },
);

it('the keys of the issuer that cannot be had do not keep a function from starting', async () => {
  fetchFromIssuer.mockRejectedValue(new Error('the issuer does not answer'));
  expect(await start(settings)).toMatchObject({ handler: expect.any(Function) });
  expect(fetchFromIssuer).toHaveBeenCalledTimes(1);
});

it('the keys of the issuer that cannot be had at the start are told once, without an error, and fetched by the first token', async () => {
  fetchFromIssuer.mockRejectedValueOnce(new Error('the issuer does not answer'));
  const verifyClaims = verifyWithJwks(settings);
  const { log, lines } = recordingLog();
  await keysBeforeFirstToken(verifyClaims.fetchKeys, log);
  expect(lines).toEqual([
    { level: 'warn', name: 'keys_not_fetched', fields: { error: new Error('the issuer does not answer') } },
  ]);
  expect(await verifyClaims(await withRsa(claims()))).toMatchObject({ ok: true });
  expect(await verifyClaims(await withRsa(claims()))).toMatchObject({ ok: true });
  expect(fetchFromIssuer).toHaveBeenCalledTimes(2);
});

it('the keys of the issuer that were fetched at the start are not fetched by tokens', async () => {
  const verifyClaims = verifyWithJwks(settings);
  const { log, lines } = recordingLog();
  await keysBeforeFirstToken(verifyClaims.fetchKeys, log);
  expect(await verifyClaims(await withRsa(claims()))).toMatchObject({ ok: true });
  expect(fetchFromIssuer).toHaveBeenCalledTimes(1);
  expect(lines).toEqual([]);
});

it('the keys of the issuer that the settings contain are not fetched', async () => {
  const verifyClaims = verifyWithJwks({ ...settings, jwksUri });
  await verifyClaims.fetchKeys();
  expect(await verifyClaims(await withRsa(claims()))).toMatchObject({ ok: true });
  expect(fetchFromIssuer).not.toHaveBeenCalled();
});

const none = new TextEncoder().encode('{"keys":[]}').buffer as ArrayBuffer;

it('a key that is new at the issuer is fetched by the first token that names it', async () => {
  fetchFromIssuer.mockResolvedValueOnce(none);
  const verifyClaims = verifyWithJwks(settings);
  await verifyClaims.fetchKeys();
  expect(await verifyClaims(await withRsa(claims()))).toMatchObject({ ok: true });
});

it('a key that is new at the issuer is looked for again two seconds after the issuer did not know it, by the clock, and is not refused before', async () => {
  let now = Date.now();
  fetchFromIssuer.mockResolvedValueOnce(none);
  const verifyClaims = verifyWithJwks(settings, () => now);
  const token = await withRsa(claims());
  expect(await verifyClaims(token)).toEqual({ ok: false, reason: 'unknown key' });
  now += 1_999;
  await expect(verifyClaims(token)).rejects.toThrow(TokenNotChecked);
  expect(fetchFromIssuer).toHaveBeenCalledTimes(1);
  now += 1;
  expect(await verifyClaims(token)).toMatchObject({ ok: true });
});

describe('an issuer that does not answer', () => {
  let server: Server;
  const connections: Socket[] = [];
  beforeEach(async () => {
    fetchFromIssuer.mockRestore();
    server = createServer((socket) => connections.push(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
    for (const socket of connections) socket.destroy();
    server.close();
  });

  const asked = async (times: number) => {
    while (connections.length < times) await new Promise((resolve) => setImmediate(resolve));
  };

  it('an issuer that does not answer is given up after two attempts, in MAX_KEY_FETCH_MS', async () => {
    const uri = `https://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
    const given = vi.fn();
    const gaveUp = verifyWithJwks({ ...settings, jwksUri: uri }, Date.now)
      .fetchKeys()
      .catch(given);
    await asked(1);
    await vi.advanceTimersByTimeAsync(MAX_KEY_FETCH_MS / 2);
    await asked(2);
    await vi.advanceTimersByTimeAsync(MAX_KEY_FETCH_MS / 2 - 1);
    expect(given).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await gaveUp;
    expect(given).toHaveBeenCalledTimes(1);
    expect(connections).toHaveLength(2);
  });
});
