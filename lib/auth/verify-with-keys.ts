import { CognitoJwtVerifier, JwtVerifier } from 'aws-jwt-verify';
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
import { type PenaltyBox, SimpleJwksCache } from 'aws-jwt-verify/jwk';
import type { Clock } from '../core/ports.ts';
import { fetchedKeys, type KeyedVerifier } from './key-fetching.ts';
import type { SettingsOf } from './token-settings.ts';
import type { VerifyClaims } from './user.ts';
import { MAX_CLOCK_SKEW_SECONDS } from './user.ts';

/**
 * Verifies tokens of an OIDC issuer. The keys are fetched by `fetchKeys`, by the first token if they were not, and again
 * when a token names an unknown key id.
 */
export function verifyWithJwks(
  { issuer, audience, jwksUri }: SettingsOf<'jwks'>,
  clock: Clock = Date.now,
): KeyedVerifier {
  const uri = jwksUri ?? `${issuer?.replace(/\/$/, '')}/.well-known/jwks.json`;
  const jwksCache = uri.startsWith('data:') ? keysInUri : fetchedKeys(clock);
  const graceSeconds = MAX_CLOCK_SKEW_SECONDS;
  const verifier = JwtVerifier.create({ issuer, audience, jwksUri: uri, graceSeconds }, { jwksCache });
  return Object.assign((token: string) => claimsOf(verifier.verify(token)), {
    fetchKeys: () => verifier.hydrate(),
  });
}

// The library fetches over https only, and pauses after an unknown key id. Neither fits keys in a `data:` URI.
const noPenalty: PenaltyBox = {
  wait: async () => undefined,
  registerFailedAttempt: () => undefined,
  registerSuccessfulAttempt: () => undefined,
};
const keysInUri = new SimpleJwksCache({ fetcher: { fetch: readKeys }, penaltyBox: noPenalty });

async function readKeys(uri: string): Promise<ArrayBuffer> {
  try {
    return await (await fetch(uri)).arrayBuffer();
  } catch (cause) {
    throw new FetchError(uri, cause);
  }
}

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

/** The result of aws-jwt-verify. Rejects if the keys cannot be fetched, or not yet: that says nothing about the token. */
async function claimsOf(verified: Promise<object>): ReturnType<VerifyClaims> {
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

// node:crypto throws for a malformed signature, but the library expects false.
function isMalformedSignature(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_CRYPTO_OPERATION_FAILED';
}

// Returns own texts, because the library's messages quote claims and its errors are all named "Error".
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
