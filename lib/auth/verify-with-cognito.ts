import { CognitoJwtVerifier } from 'aws-jwt-verify';
import type { Clock } from '../core/ports.ts';
import { claimsOf } from './claims-of.ts';
import { fetchedKeys, type KeyedVerifier } from './key-fetching.ts';
import type { SettingsOf } from './token-settings.ts';
import { MAX_CLOCK_SKEW_SECONDS } from './user-of-claims.ts';

/** Verifies tokens of a Cognito user pool; access tokens carry the client in `client_id`, not in `aud`. */
export function verifyWithCognito(
  { userPoolId, clientId, tokenUse }: SettingsOf<'cognito'>,
  clock: Clock = Date.now,
): KeyedVerifier {
  const settings = { userPoolId, clientId, tokenUse, graceSeconds: MAX_CLOCK_SKEW_SECONDS };
  const verifier = CognitoJwtVerifier.create(settings, { jwksCache: fetchedKeys(clock) });
  return Object.assign((token: string) => claimsOf(verifier.verify(token)), {
    fetchKeys: () => verifier.hydrate(),
  });
}
