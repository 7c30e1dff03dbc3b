import { JwtVerifier } from 'aws-jwt-verify';
import { FetchError } from 'aws-jwt-verify/error';
import { type PenaltyBox, SimpleJwksCache } from 'aws-jwt-verify/jwk';
import type { Clock } from '../core/ports.ts';
import { claimsOf } from './claims-of.ts';
import { fetchedKeys, type KeyedVerifier } from './key-fetching.ts';
import type { SettingsOf } from './token-settings.ts';
import { MAX_CLOCK_SKEW_SECONDS } from './user-of-claims.ts';

/**
 * Verifies tokens of an OIDC issuer. Keys are fetched by `fetchKeys`, by a token that finds none, and again when an
 * unknown key id appears.
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

// The library fetches over https only, and pauses behind an unknown key id. Neither fits keys that are at hand.
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
