import { JwtVerifier } from 'aws-jwt-verify';
import { FetchError } from 'aws-jwt-verify/error';
import { type PenaltyBox, SimpleJwksCache } from 'aws-jwt-verify/jwk';
import { claimsOf } from './claims-of.ts';
import type { SettingsOf } from './token-settings.ts';
import type { VerifyClaims } from './verify-claims.ts';

/** Verifies tokens of an OIDC issuer. Keys are fetched at the first token and again when an unknown key id appears. */
export function verifyWithJwks({ issuer, audience, jwksUri }: SettingsOf<'jwks'>): VerifyClaims {
  const uri = jwksUri ?? `${issuer?.replace(/\/$/, '')}/.well-known/jwks.json`;
  const jwksCache = uri.startsWith('data:') ? keysInUri : new SimpleJwksCache();
  const verifier = JwtVerifier.create({ issuer, audience, jwksUri: uri }, { jwksCache });
  return (token) => claimsOf(verifier.verify(token));
}

// The library fetches over https only, and waits ten seconds after an unknown key id. Neither fits keys that are at hand.
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
