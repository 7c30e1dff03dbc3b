import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { KEY_FETCHES, UNKNOWN_KEY_PAUSE_MS } from '../../../lib/auth/key-fetching.ts';
import { cachedSecret, SECRET_READS, verifyWithSharedSecret } from '../../../lib/auth/shared-secret.ts';
import type { VerifyClaims } from '../../../lib/auth/user.ts';
import { createTokenVerifier, TokenNotChecked } from '../../../lib/auth/user.ts';
import { verifyWithJwks } from '../../../lib/auth/verify-with-keys.ts';
import { type IssuerKey, type KeyIssuer, startKeyIssuer } from './key-issuer.ts';
import { AUDIENCE, claims, SECRET, withSecret } from './token-modes.ts';

let now = 0;
const clock = () => now;
beforeEach(() => {
  now = Date.now();
});

const UNKNOWN = { ok: false, reason: 'unknown key' };
const TAKEN = { ok: true, claims: { sub: 'alice' } };

describe('a key that the issuer has rotated', () => {
  let issuer: KeyIssuer;
  let old: IssuerKey;
  let fresh: IssuerKey;
  let stranger: IssuerKey;
  let verify: VerifyClaims;
  let before = 0;
  const asked = () => issuer.asked - before;
  beforeAll(async () => {
    // The certificate of this issuer is signed by nobody.
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    issuer = await startKeyIssuer();
    [old, fresh, stranger] = await Promise.all([
      issuer.newKey('2026-10'),
      issuer.newKey('2026-11'),
      issuer.newKey('made up'),
    ]);
  });
  afterAll(async () => {
    await issuer.stop();
    vi.unstubAllEnvs();
  });
  beforeEach(async () => {
    issuer.publish([old]);
    const settings = { mode: 'jwks', issuer: issuer.url, audience: AUDIENCE, userIdClaim: 'sub' } as const;
    verify = verifyWithJwks(settings, clock);
    expect(await verify(await old.token())).toMatchObject(TAKEN);
    before = issuer.asked;
  });
  const rotate = () => issuer.publish([old, fresh]);
  /** Made-up key ids until the issuer is not asked any more. */
  const flood = async () => {
    for (let number = 0; number < 3 * KEY_FETCHES.burst; number += 1) {
      const answer = await verify(await stranger.token(`made up ${number}`)).catch((error: unknown) => error);
      if (answer instanceof TokenNotChecked) return;
      expect(answer).toEqual(UNKNOWN);
    }
    throw new Error('the issuer was asked for every made-up key id');
  };

  it('a key that the issuer has rotated is accepted at once after a token that named an unknown key id', async () => {
    expect(await verify(await stranger.token())).toEqual(UNKNOWN);
    rotate();
    expect(await verify(await fresh.token())).toMatchObject(TAKEN);
    expect(asked()).toBe(2);
  });

  it('a key that the issuer has rotated is accepted at once, however often tokens name the same invented key id', async () => {
    const token = await stranger.token();
    for (let seconds = 0; seconds < 60; seconds += 1) {
      const answer = await verify(token).catch((error: unknown) => error);
      if (!(answer instanceof TokenNotChecked)) expect(answer).toEqual(UNKNOWN);
      now += 1_000;
    }
    expect(asked()).toBe(60_000 / UNKNOWN_KEY_PAUSE_MS);
    rotate();
    expect(await verify(await fresh.token())).toMatchObject(TAKEN);
  });

  it('a key that the issuer has rotated is retryable, not unknown, if other tokens have used up the rate limit of fetches', async () => {
    await flood();
    rotate();
    await expect(verify(await fresh.token())).rejects.toThrow(TokenNotChecked);
    expect(await verify(await old.token())).toMatchObject(TAKEN);
  });

  it.each([
    ['a stranger', () => stranger.token('the first after the pause')],
    ['an honest client', () => fresh.token()],
  ])(
    'a key that the issuer has rotated is accepted two seconds later at the latest if %s is the first to cause a fetch',
    async (_, first) => {
      await flood();
      rotate();
      const token = await fresh.token();
      now += KEY_FETCHES.intervalMs - 1;
      await expect(verify(token)).rejects.toThrow(TokenNotChecked);
      now += 1;
      await verify(await first());
      expect(await verify(token)).toMatchObject(TAKEN);
      // The first fetch of all was for the old key.
      expect(asked()).toBe(KEY_FETCHES.burst);
    },
  );

  it('a key that the issuer has rotated is accepted two seconds after a token guessed its id, and is never reported as unknown', async () => {
    expect(await verify(await stranger.token('2026-11'))).toEqual(UNKNOWN);
    rotate();
    const token = await fresh.token();
    now += UNKNOWN_KEY_PAUSE_MS - 1;
    await expect(verify(token)).rejects.toThrow(TokenNotChecked);
    now += 1;
    expect(await verify(token)).toMatchObject(TAKEN);
  });

  it('a key that the issuer has rotated is fetched once for all tokens that arrive at the same time', async () => {
    rotate();
    const token = await fresh.token();
    const answers = await Promise.all(Array.from({ length: 100 }, () => verify(token)));
    for (const answer of answers) expect(answer).toMatchObject(TAKEN);
    expect(asked()).toBe(1);
  });

  it('a key that the issuer has rotated is fetched when the issuer is back, and tokens of the old key are accepted until then', async () => {
    issuer.publish(undefined);
    await expect(verify(await fresh.token())).rejects.toThrow('503');
    expect(await verify(await old.token())).toMatchObject(TAKEN);
    rotate();
    expect(await verify(await fresh.token())).toMatchObject(TAKEN);
  });

  it('a key that the issuer has rotated is fetched at most once in two seconds after the first ten fetches, however many key ids tokens name', async () => {
    for (let step = 0; step < 600; step += 1) {
      await verify(await stranger.token(`made up ${step}`)).catch(() => undefined);
      now += 100;
    }
    expect(asked()).toBeLessThanOrEqual(KEY_FETCHES.burst + 60_000 / KEY_FETCHES.intervalMs);
    rotate();
    now += KEY_FETCHES.intervalMs;
    expect(await verify(await fresh.token())).toMatchObject(TAKEN);
  });

  it('a key that the issuer has rotated is fetched at most ten times at once after an hour without a fetch', async () => {
    now += 3_600_000;
    await flood();
    expect(asked()).toBe(KEY_FETCHES.burst);
  });

  it('a key that the issuer has rotated is not blocked by remembered unknown key ids: of 1,001 the first is forgotten', async () => {
    const [, payload, signature] = (await stranger.token()).split('.');
    const named = (kid: string) =>
      `${Buffer.from(JSON.stringify({ alg: 'ES256', kid })).toString('base64url')}.${payload}.${signature}`;
    const ids = Array.from({ length: 1_001 }, (_, number) => `made up ${number}`);
    for (const answer of await Promise.all(ids.map((id) => verify(named(id)))))
      expect(answer).toEqual(UNKNOWN);
    expect(asked()).toBe(1);
    await expect(verify(named('made up 1'))).rejects.toThrow(TokenNotChecked);
    expect(await verify(named('made up 0'))).toEqual(UNKNOWN);
    expect(asked()).toBe(2);
  });

  it('a key that the issuer has rotated is accepted although the clock was set back after a token named its id', async () => {
    await verify(await stranger.token('2026-11'));
    rotate();
    now -= 3_600_000;
    expect(await verify(await fresh.token())).toMatchObject(TAKEN);
  });
});

describe('a shared secret that was rotated', () => {
  const client = new SecretsManagerClient();
  const secretsManager = mockClient(client);
  const reads = () => secretsManager.commandCalls(GetSecretValueCommand).length;
  const rotated = `${SECRET}, rotated`;
  let verify: VerifyClaims;
  beforeEach(async () => {
    secretsManager.reset();
    secretsManager.on(GetSecretValueCommand).resolves({ SecretString: SECRET });
    verify = verifyWithSharedSecret({}, cachedSecret(client, 'jwt-secret', clock), clock);
    expect(await verify(await withSecret(claims()))).toMatchObject(TAKEN);
  });
  const rotate = () => secretsManager.on(GetSecretValueCommand).resolves({ SecretString: rotated });
  const forged = () => withSecret(claims(), 'another secret of more than thirty-two characters');

  it('a shared secret that was rotated is read again for the first token that it has signed, and signs no token of the old one any more', async () => {
    rotate();
    expect(await verify(await withSecret(claims(), rotated))).toMatchObject(TAKEN);
    expect(await verify(await withSecret(claims()))).toEqual({ ok: false, reason: 'wrong signature' });
  });

  it('a shared secret that was rotated is not read again for a token that the secret in memory has signed', async () => {
    await verify(await withSecret(claims({ exp: 1 })));
    await verify(await withSecret(claims()));
    expect(reads()).toBe(1);
  });

  it('a shared secret that was rotated stays cached if it cannot be read for a forged token', async () => {
    secretsManager.on(GetSecretValueCommand).rejects(new Error('Secrets Manager does not answer'));
    await expect(verify(await forged())).rejects.toThrow('Secrets Manager does not answer');
    expect(await verify(await withSecret(claims()))).toMatchObject(TAKEN);
  });

  it('a shared secret that was rotated is accepted a moment later at the latest, however many forged tokens arrive', async () => {
    const token = await forged();
    for (let number = 0; number < SECRET_READS.burst - 1; number += 1)
      expect(await verify(token)).toEqual({ ok: false, reason: 'wrong signature' });
    await expect(verify(token)).rejects.toThrow(TokenNotChecked);
    expect(reads()).toBe(SECRET_READS.burst);
    rotate();
    const honest = await withSecret(claims(), rotated);
    await expect(verify(honest)).rejects.toThrow(TokenNotChecked);
    now += SECRET_READS.intervalMs;
    expect(await verify(honest)).toMatchObject(TAKEN);
  });
});

it('a token that could not be checked yet is not refused but retryable', async () => {
  const verifyClaims = () => Promise.reject(new TokenNotChecked('asked too often'));
  const verifyToken = createTokenVerifier(verifyClaims, { userIdClaim: 'sub', roomAccess: 'open' }, clock);
  expect(await verifyToken('a token')).toEqual({ ok: false, reason: 'asked too often', isRetryable: true });
});
