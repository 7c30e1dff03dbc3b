import {
  FailedAssertionError,
  FetchError,
  JwksValidationError,
  JwkValidationError,
  JwtBaseError,
  JwtExpiredError,
  JwtInvalidAudienceError,
  JwtInvalidIssuerError,
  JwtInvalidSignatureError,
  JwtNotBeforeError,
  JwtWithoutValidKidError,
  KidNotFoundInJwksError,
} from 'aws-jwt-verify/error';
import type { VerifyClaims } from './verify-claims.ts';

/** What aws-jwt-verify made of a token. Rejects when the keys cannot be had, or not yet: that says nothing about the token. */
export async function claimsOf(verified: Promise<object>): ReturnType<VerifyClaims> {
  try {
    return { ok: true, claims: (await verified) as Record<string, unknown> };
  } catch (error) {
    if (isAboutKeys(error)) throw error;
    return { ok: false, reason: reasonOf(error) };
  }
}

function isAboutKeys(error: unknown): boolean {
  if (!(error instanceof JwtBaseError)) return !isMalformedSignature(error);
  return (
    error instanceof FetchError || error instanceof JwksValidationError || error instanceof JwkValidationError
  );
}

// node:crypto throws at a signature that cannot be one, where the library expects false.
function isMalformedSignature(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_CRYPTO_OPERATION_FAILED';
}

// The library's messages quote claims, and its errors are all named "Error".
function reasonOf(error: unknown): string {
  if (error instanceof JwtExpiredError) return 'expired';
  if (error instanceof JwtNotBeforeError) return 'not yet valid';
  if (error instanceof JwtInvalidIssuerError) return 'wrong issuer';
  if (error instanceof JwtInvalidAudienceError) return 'wrong audience';
  if (error instanceof JwtInvalidSignatureError) return 'wrong signature';
  if (isUnknownKey(error)) return 'unknown key';
  return error instanceof FailedAssertionError ? 'not a token of this issuer' : 'not a JWT';
}

function isUnknownKey(error: unknown): boolean {
  return error instanceof KidNotFoundInJwksError || error instanceof JwtWithoutValidKidError;
}
