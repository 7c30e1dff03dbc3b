import { Agent } from 'node:https';
import { SimpleFetcher } from 'aws-jwt-verify/https';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import type { VerifyClaims } from './verify-claims.ts';

/** Verifies tokens with keys that are somewhere else. */
export interface KeyedVerifier {
  verifyClaims: VerifyClaims;
  /** Fetches the keys before the first token needs them. Rejects when they cannot be had; then a token asks again. */
  fetchKeys(): Promise<void>;
}

const FETCH_TIMEOUT_MS = 2_000;
/** The library fetches once more, at once, what failed. */
const FETCHES = 2;

/** The longest that the keys are waited for, by the start of a function or by a token. */
export const LONGEST_KEY_FETCH_MS = FETCHES * FETCH_TIMEOUT_MS;

/**
 * Keeps the keys that were fetched over https, until a token names one that is not among them. Over a connection that is
 * used once: a kept one may not survive that the function is frozen.
 */
export function fetchedKeys(): SimpleJwksCache {
  const defaultRequestOptions = { responseTimeout: FETCH_TIMEOUT_MS, agent: new Agent({ keepAlive: false }) };
  return new SimpleJwksCache({ fetcher: new SimpleFetcher({ defaultRequestOptions }) });
}
