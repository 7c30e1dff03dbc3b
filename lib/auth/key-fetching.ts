import { Agent } from 'node:https';
import { WaitPeriodNotYetEndedJwkError } from 'aws-jwt-verify/error';
import { SimpleFetcher } from 'aws-jwt-verify/https';
import { type PenaltyBox, SimpleJwksCache } from 'aws-jwt-verify/jwk';
import type { Clock } from '../core/ports.ts';
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

/** How long no keys are fetched behind a key id that the issuer does not know, so that tokens cannot flood it. */
const UNKNOWN_KEY_PAUSE_MS = 10_000;

/**
 * Keeps the keys that were fetched over https, until a token names one that is not among them. Over a connection that is
 * used once: a kept one may not survive that the function is frozen.
 */
export function fetchedKeys(clock: Clock): SimpleJwksCache {
  const defaultRequestOptions = { responseTimeout: FETCH_TIMEOUT_MS, agent: new Agent({ keepAlive: false }) };
  return new SimpleJwksCache({
    fetcher: new SimpleFetcher({ defaultRequestOptions }),
    penaltyBox: pauseBehindUnknownKeys(clock),
  });
}

/** By the clock: the library's own ends its pause by a timer, and a frozen function runs none. */
function pauseBehindUnknownKeys(clock: Clock): PenaltyBox {
  const pausedUntil = new Map<string, number>();
  return {
    async wait(uri) {
      if (clock() < (pausedUntil.get(uri) ?? 0))
        throw new WaitPeriodNotYetEndedJwkError('the key id is unknown');
    },
    registerFailedAttempt: (uri) => void pausedUntil.set(uri, clock() + UNKNOWN_KEY_PAUSE_MS),
    registerSuccessfulAttempt: (uri) => void pausedUntil.delete(uri),
  };
}
