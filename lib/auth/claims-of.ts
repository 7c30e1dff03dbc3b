import {
  FailedAssertionError,
  JwtExpiredError,
  JwtInvalidAudienceError,
  JwtInvalidIssuerError,
  JwtInvalidSignatureError,
  JwtNotBeforeError,
  JwtParseError,
  JwtWithoutValidKidError,
  KidNotFoundInJwksError,
} from 'aws-jwt-verify/error';
import type { VerifyClaims } from './verify-claims.ts';

/** What aws-jwt-verify made of a token. Rejects when it could not get the keys: that says nothing about the token. */
export async function claimsOf(verified: Promise<object>): ReturnType<VerifyClaims> {
  try {
    return { ok: true, claims: (await verified) as Record<string, unknown> };
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === undefined) throw error;
    return { ok: false, reason };
  }
}

// The library's messages quote claims, and its errors are all named "Error".
function reasonOf(error: unknown): string | undefined {
  if (error instanceof JwtExpiredError) return 'expired';
  if (error instanceof JwtNotBeforeError) return 'not yet valid';
  if (error instanceof JwtInvalidIssuerError) return 'wrong issuer';
  if (error instanceof JwtInvalidAudienceError) return 'wrong audience';
  if (error instanceof JwtInvalidSignatureError) return 'wrong signature';
  if (error instanceof KidNotFoundInJwksError || error instanceof JwtWithoutValidKidError)
    return 'unknown key';
  if (error instanceof JwtParseError) return 'not a JWT';
  return error instanceof FailedAssertionError ? 'not a token of this issuer' : undefined;
}
