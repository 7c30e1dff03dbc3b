import { SimpleFetcher } from 'aws-jwt-verify/https';
import type { JWTPayload } from 'jose';
import { expect, it, vi } from 'vitest';
import { TokenNotChecked } from '../../../lib/auth/user.ts';
import { verifyWithCognito } from '../../../lib/auth/verify-with-keys.ts';
import { claims, jwksUri, seconds, withRsa } from './token-modes.ts';

const keys = await (await fetch(jwksUri)).arrayBuffer();
const fetchFromPool = vi.spyOn(SimpleFetcher.prototype, 'fetch').mockResolvedValue(keys);

const userPoolId = 'eu-west-1_a1B2c3D4e';
const pool = { mode: 'cognito', userPoolId, tokenUse: 'access', userIdClaim: 'sub' } as const;

/** An access token, as Cognito gives it to a person of an app client, or to the client itself. */
const tokenOf = (client: string, differences: JWTPayload = {}, kid?: string) =>
  withRsa(
    claims({
      iss: `https://cognito-idp.eu-west-1.amazonaws.com/${userPoolId}`,
      client_id: client,
      token_use: 'access',
      ...differences,
    }),
    kid === undefined ? undefined : { alg: 'RS256', kid },
  );

it.each<[string | string[], string[]]>([
  ['page', ['page']],
  [
    ['page', 'canary'],
    ['page', 'canary'],
  ],
])('with the app clients %j, tokens of these are accepted and no others', async (clientId, accepted) => {
  const verifyClaims = verifyWithCognito({ ...pool, clientId });
  const clients = ['page', 'canary', 'another'];
  const results = await Promise.all(clients.map(async (client) => verifyClaims(await tokenOf(client))));
  expect(clients.filter((_, index) => results[index]?.ok)).toEqual(accepted);
});

it.each([
  [2, true],
  [59, true],
  [62, false],
])('a token of Cognito whose nbf is %d s in the future is accepted: %s', async (ahead, ok) => {
  const verifyClaims = verifyWithCognito({ ...pool, clientId: 'page' });
  const token = await tokenOf('page', { nbf: seconds() + ahead });
  expect((await verifyClaims(token)).ok).toBe(ok);
});

it('a key that Cognito has rotated is accepted at once after a token that named an unknown key', async () => {
  const none = new TextEncoder().encode('{"keys":[]}').buffer as ArrayBuffer;
  fetchFromPool.mockResolvedValueOnce(none);
  const verifyClaims = verifyWithCognito({ ...pool, clientId: 'page' });
  const madeUp = await tokenOf('page', {}, 'made up');
  expect(await verifyClaims(madeUp)).toEqual({ ok: false, reason: 'unknown key' });
  await expect(verifyClaims(madeUp)).rejects.toThrow(TokenNotChecked);
  expect(await verifyClaims(await tokenOf('page'))).toMatchObject({ ok: true });
});
