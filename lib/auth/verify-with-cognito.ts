import { CognitoJwtVerifier } from 'aws-jwt-verify';
import { claimsOf } from './claims-of.ts';
import type { SettingsOf } from './token-settings.ts';
import type { VerifyClaims } from './verify-claims.ts';

/** Verifies tokens of a Cognito user pool; access tokens carry the client in `client_id`, not in `aud`. */
export function verifyWithCognito({ userPoolId, clientId, tokenUse }: SettingsOf<'cognito'>): VerifyClaims {
  const verifier = CognitoJwtVerifier.create({ userPoolId, clientId, tokenUse });
  return (token) => claimsOf(verifier.verify(token));
}
