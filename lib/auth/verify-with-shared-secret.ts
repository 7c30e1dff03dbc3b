import { errors, jwtVerify } from 'jose';
import type { Clock } from '../core/ports.ts';
import type { ReadSecret } from './cached-secret.ts';
import type { SettingsOf } from './token-settings.ts';
import { MAX_CLOCK_SKEW_SECONDS } from './user-of-claims.ts';
import type { VerifyClaims } from './verify-claims.ts';

const WRONG_SIGNATURE = 'wrong signature';

/**
 * Verifies HS256 tokens, as the REST API signs them today. The algorithm is fixed here: a header cannot choose it. A token
 * that the secret in memory has not signed may be of a new one: the secret is read again before the token is refused.
 */
export function verifyWithSharedSecret(
  { issuer, audience }: Pick<SettingsOf<'shared-secret'>, 'issuer' | 'audience'>,
  readSecret: ReadSecret,
  clock: Clock,
): VerifyClaims {
  const verifyWith = async (secret: string, token: string): ReturnType<VerifyClaims> => {
    try {
      const { payload } = await jwtVerify(token, new TextEncoder().encode(secret), {
        algorithms: ['HS256'],
        requiredClaims: ['exp'],
        currentDate: new Date(clock()),
        clockTolerance: MAX_CLOCK_SKEW_SECONDS,
        ...(issuer !== undefined && { issuer }),
        ...(audience !== undefined && { audience }),
      });
      return { ok: true, claims: payload };
    } catch (error) {
      if (error instanceof errors.JOSEError) return { ok: false, reason: reasonOf(error) };
      throw error;
    }
  };
  return async (token) => {
    const kept = await readSecret();
    const verified = await verifyWith(kept, token);
    if (verified.ok || verified.reason !== WRONG_SIGNATURE) return verified;
    const current = await readSecret(kept);
    return current === kept ? verified : verifyWith(current, token);
  };
}

function reasonOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) return `wrong or missing ${error.claim} claim`;
  if (error instanceof errors.JWSSignatureVerificationFailed) return WRONG_SIGNATURE;
  if (error instanceof errors.JOSEAlgNotAllowed) return 'algorithm not allowed';
  return 'not a JWT';
}
