import { CognitoJwtVerifier } from 'aws-jwt-verify';
import type { Clock } from '../core/ports.ts';
import { claimsOf } from './claims-of.ts';
import { fetchedKeys, type KeyedVerifier } from './key-fetching.ts';
import type { SettingsOf } from './token-settings.ts';

/** Verifies tokens of a Cognito user pool; access tokens carry the client in `client_id`, not in `aud`. */
export function verifyWithCognito(
  { userPoolId, clientId, tokenUse }: SettingsOf<'cognito'>,
  clock: Clock,
): KeyedVerifier {
  const settings = { userPoolId, clientId, tokenUse };
  const verifier = CognitoJwtVerifier.create(settings, { jwksCache: fetchedKeys(clock) });
  return {
    verifyClaims: (token) => claimsOf(verifier.verify(token)),
    fetchKeys: () => verifier.hydrate(),
  };
}
