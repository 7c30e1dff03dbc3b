import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { cachedSecret, verifyWithSharedSecret } from '../../../lib/auth/shared-secret.ts';
import { createTokenVerifier } from '../../../lib/auth/user.ts';
import {
  AUDIENCE,
  claims,
  ISSUER,
  SECRET,
  tokenModes,
  verifierOf,
  withRsa,
  withSecret,
} from './token-modes.ts';

const FIVE_MINUTES = 5 * 60 * 1000;

const client = new SecretsManagerClient();
const secretsManager = mockClient(client);
const reads = () => secretsManager.commandCalls(GetSecretValueCommand).length;
beforeEach(() => {
  secretsManager.reset();
  secretsManager.on(GetSecretValueCommand).resolves({ SecretString: SECRET });
});

/** What a verification was rejected with, after a look that it quotes nothing of the token. */
async function failureOf(verified: Promise<unknown>, token: string): Promise<string> {
  const error: unknown = await verified.then(
    (result) => Promise.reject(new Error(`expected a rejection, got ${JSON.stringify(result)}`)),
    (thrown) => thrown,
  );
  const text = `${error instanceof Error ? `${error.message} ${error.stack} ${error.cause}` : error}`;
  for (const part of token.split('.')) expect(text).not.toContain(part);
  return text;
}

it.each([
  ['nobody answers', 'https://127.0.0.1:1/jwks.json'],
  ['they are no JSON', 'data:application/json,no'],
  ['they are no key set', 'data:application/json,{}'],
  ['the data is none', 'data:'],
])('keys that cannot be had because %s say nothing about the token', async (_, jwksUri) => {
  const verify = verifierOf({ mode: 'jwks', issuer: ISSUER, audience: AUDIENCE, jwksUri });
  const token = await withRsa(claims());
  expect(await failureOf(verify(token), token)).not.toBe('');
});

describe('a secret that cannot be had', () => {
  const [, shared] = tokenModes;
  if (shared === undefined) throw new Error('no such mode');
  const verifier = () => verifierOf(shared.settings, 'open', {}, client);

  it('a secret that cannot be had says nothing about the token', async () => {
    secretsManager.on(GetSecretValueCommand).rejects(new Error('Secrets Manager does not answer'));
    const token = await withSecret(claims());
    expect(await failureOf(verifier()(token), token)).toContain('Secrets Manager does not answer');
  });

  it('a secret that cannot be had is asked for again by the next token', async () => {
    secretsManager
      .on(GetSecretValueCommand)
      .rejectsOnce(new Error('Secrets Manager does not answer'))
      .resolves({ SecretString: SECRET });
    const verify = verifier();
    const token = await withSecret(claims());
    await failureOf(verify(token), token);
    expect(await verify(token)).toMatchObject({ ok: true });
  });

  it.each([{ SecretString: '' }, {}, { SecretBinary: new Uint8Array([1]) }])(
    'a secret that cannot be had because it is empty or binary (%#) is an error: an empty secret would sign any token',
    async (secret) => {
      secretsManager.on(GetSecretValueCommand).resolves(secret);
      const token = await withSecret(claims());
      expect(await failureOf(verifier()(token), token)).toContain('is empty');
    },
  );
});

describe('the secret', () => {
  let now = 0;
  const secretOf = () => cachedSecret(client, 'jwt-secret', () => now);
  beforeEach(() => {
    now = 1_790_000_000_000;
  });

  it('the secret is the one that the settings name', async () => {
    await secretOf()();
    const [call] = secretsManager.commandCalls(GetSecretValueCommand);
    expect(call?.args[0].input).toEqual({ SecretId: 'jwt-secret' });
  });

  it('the secret is not read before the first token', () => {
    secretOf();
    expect(reads()).toBe(0);
  });

  it('the secret is read once in five minutes, and again from then on', async () => {
    const secret = secretOf();
    expect(await secret()).toBe(SECRET);
    now += FIVE_MINUTES - 1;
    await secret();
    expect(reads()).toBe(1);

    secretsManager.on(GetSecretValueCommand).resolves({ SecretString: 'rotated' });
    now += 1;
    expect(await secret()).toBe('rotated');
    expect(reads()).toBe(2);
  });

  it('the secret is read once for tokens that come at the same time', async () => {
    const secret = secretOf();
    await Promise.all([secret(), secret(), secret()]);
    expect(reads()).toBe(1);
  });

  it('the secret is not used beyond its time when it cannot be read again', async () => {
    const secret = secretOf();
    await secret();
    secretsManager.on(GetSecretValueCommand).rejects(new Error('Secrets Manager does not answer'));
    now += FIVE_MINUTES;
    await expect(secret()).rejects.toThrow('Secrets Manager does not answer');
  });

  it('the secret that was rotated ends the tokens of the old one within five minutes', async () => {
    let time = Date.now();
    const clock = () => time;
    const readSecret = cachedSecret(client, 'jwt-secret', clock);
    const settings = { userIdClaim: 'sub', roomAccess: 'open' } as const;
    const verify = createTokenVerifier(verifyWithSharedSecret({}, readSecret, clock), settings, clock);
    const token = await withSecret(claims());
    expect(await verify(token)).toMatchObject({ ok: true });
    secretsManager.on(GetSecretValueCommand).resolves({ SecretString: `${SECRET}, rotated` });
    time += FIVE_MINUTES;
    expect(await verify(token)).toEqual({ ok: false, reason: 'wrong signature' });
  });
});
