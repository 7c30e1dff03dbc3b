import { SimpleFetcher } from 'aws-jwt-verify/https';
import { expect, it, vi } from 'vitest';
import { verifyWithCognito } from '../../../lib/auth/verify-with-cognito.ts';
import { claims, jwksUri, withRsa } from './token-modes.ts';

const keys = await (await fetch(jwksUri)).arrayBuffer();
vi.spyOn(SimpleFetcher.prototype, 'fetch').mockResolvedValue(keys);

const userPoolId = 'eu-west-1_a1B2c3D4e';
const pool = { mode: 'cognito', userPoolId, tokenUse: 'access', userIdClaim: 'sub' } as const;

/** An access token, as Cognito gives it to a person of an app client, or to the client itself. */
const tokenOf = (client: string) =>
  withRsa(
    claims({
      iss: `https://cognito-idp.eu-west-1.amazonaws.com/${userPoolId}`,
      client_id: client,
      token_use: 'access',
    }),
  );

it.each<[string | string[], string[]]>([
  ['page', ['page']],
  [
    ['page', 'canary'],
    ['page', 'canary'],
  ],
])('with the app clients %j, tokens of these are accepted and no others', async (clientId, accepted) => {
  const { verifyClaims } = verifyWithCognito({ ...pool, clientId }, Date.now);
  const clients = ['page', 'canary', 'another'];
  const results = await Promise.all(clients.map(async (client) => verifyClaims(await tokenOf(client))));
  expect(clients.filter((_, index) => results[index]?.ok)).toEqual(accepted);
});
