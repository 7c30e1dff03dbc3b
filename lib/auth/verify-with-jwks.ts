import { CognitoJwtVerifier, JwtVerifier } from 'aws-jwt-verify';
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
import { type PenaltyBox, SimpleJwksCache } from 'aws-jwt-verify/jwk';
import type { CognitoSettings, JwksSettings } from './token-settings.ts';
import type { VerifyClaims } from './verify-claims.ts';

/** Verifies tokens of an OIDC issuer. Keys are fetched at the first token and again when an unknown key id appears. */
export function verifyWithJwks({ issuer, audience, jwksUri }: JwksSettings): VerifyClaims {
  const uri = jwksUri ?? `${issuer?.replace(/\/$/, '')}/.well-known/jwks.json`;
  const jwksCache = uri.startsWith('data:') ? keysInUri : new SimpleJwksCache();
  const verifier = JwtVerifier.create({ issuer, audience, jwksUri: uri }, { jwksCache });
  return (token) => claimsOf(verifier.verify(token));
}

/** Verifies tokens of a Cognito user pool; access tokens carry the client in `client_id`, not in `aud`. */
export function verifyWithCognito({ userPoolId, clientId, tokenUse }: CognitoSettings): VerifyClaims {
  const verifier = CognitoJwtVerifier.create({ userPoolId, clientId, tokenUse });
  return (token) => claimsOf(verifier.verify(token));
}

// The library fetches over https only, and waits ten seconds after an unknown key id. Neither fits keys that are at hand.
const noPenalty: PenaltyBox = {
  wait: async () => undefined,
  registerFailedAttempt: () => undefined,
  registerSuccessfulAttempt: () => undefined,
};
const keysInUri = new SimpleJwksCache({
  fetcher: { fetch: async (uri) => (await fetch(uri)).arrayBuffer() },
  penaltyBox: noPenalty,
});

async function claimsOf(verified: Promise<object>): ReturnType<VerifyClaims> {
  try {
    return { ok: true, claims: (await verified) as Record<string, unknown> };
  } catch (error) {
    const reason = reasonOf(error);
    // Keys that could not be fetched say nothing about the token.
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
