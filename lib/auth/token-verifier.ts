import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Clock, VerifyToken } from '../core/ports.ts';
import { cachedSecret } from './cached-secret.ts';
import type { TokenSettings } from './token-settings.ts';
import { type RoomAccess, userOfClaims } from './user-of-claims.ts';
import type { VerifyClaims } from './verify-claims.ts';
import { verifyWithCognito, verifyWithJwks } from './verify-with-jwks.ts';
import { verifyWithSharedSecret } from './verify-with-shared-secret.ts';

/** The verifier of the configured mode. */
export function createTokenVerifier(
  settings: TokenSettings,
  roomAccess: RoomAccess,
  clock: Clock,
): VerifyToken {
  const verifyClaims = verifierOf(settings, clock);
  const { userIdClaim } = settings;
  return async (token) => {
    const verified = await verifyClaims(token);
    return verified.ok ? userOfClaims(verified.claims, { userIdClaim, roomAccess }, clock()) : verified;
  };
}

function verifierOf(settings: TokenSettings, clock: Clock): VerifyClaims {
  switch (settings.mode) {
    case 'jwks':
      return verifyWithJwks(settings);
    case 'cognito':
      return verifyWithCognito(settings);
    case 'shared-secret':
      return verifyWithSharedSecret(
        settings,
        cachedSecret(new SecretsManagerClient(), settings.secretId, clock),
        clock,
      );
  }
}
