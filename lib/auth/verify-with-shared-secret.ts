import { errors, jwtVerify } from 'jose';
import type { Clock } from '../core/ports.ts';
import type { SettingsOf } from './token-settings.ts';
import type { VerifyClaims } from './verify-claims.ts';

/** Verifies HS256 tokens, as the REST API signs them today. The algorithm is fixed here: a header cannot choose it. */
export function verifyWithSharedSecret(
  { issuer, audience }: Pick<SettingsOf<'shared-secret'>, 'issuer' | 'audience'>,
  readSecret: () => Promise<string>,
  clock: Clock,
): VerifyClaims {
  return async (token) => {
    const key = new TextEncoder().encode(await readSecret());
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: ['HS256'],
        requiredClaims: ['exp'],
        currentDate: new Date(clock()),
        ...(issuer !== undefined && { issuer }),
        ...(audience !== undefined && { audience }),
      });
      return { ok: true, claims: payload };
    } catch (error) {
      if (error instanceof errors.JOSEError) return { ok: false, reason: reasonOf(error) };
      throw error;
    }
  };
}

function reasonOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) return `wrong or missing ${error.claim} claim`;
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'wrong signature';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'algorithm not allowed';
  return 'not a JWT';
}
