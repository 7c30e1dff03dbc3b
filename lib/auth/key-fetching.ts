import { createHash } from 'node:crypto';
import { Agent } from 'node:https';
import { SimpleFetcher } from 'aws-jwt-verify/https';
import { type PenaltyBox, SimpleJwksCache } from 'aws-jwt-verify/jwk';
import type { Clock } from '../core/ports.ts';
import { createRateLimiter, type RateLimit, TokenNotChecked, type VerifyClaims } from './user.ts';

/** Verifies tokens with keys that must be fetched. */
export interface KeyedVerifier extends VerifyClaims {
  /** Fetches the keys before the first token needs them. Rejects if they cannot be fetched; a token then fetches them. */
  fetchKeys(): Promise<void>;
}

const FETCH_TIMEOUT_MS = 2_000;
/** The library repeats a failed fetch once, immediately. */
const FETCHES = 2;

/** The longest time that the start of a function, or a token, waits for the keys. Milliseconds. */
export const MAX_KEY_FETCH_MS = FETCHES * FETCH_TIMEOUT_MS;

/**
 * How often one execution environment may fetch the keys of one issuer, whatever key ids tokens name. One fetch gets the
 * keys for all tokens. So a new key of the issuer is known one interval and one fetch later at the latest, even if many
 * tokens name invented key ids.
 */
export const KEY_FETCHES: RateLimit = { burst: 10, intervalMs: 2_000 };

/**
 * How long a key id that the issuer did not know is not fetched again. Milliseconds. At least the interval of the rate
 * limit, so that one repeated key id cannot use up the limit.
 */
export const UNKNOWN_KEY_PAUSE_MS = KEY_FETCHES.intervalMs;

/** Unknown key ids that are remembered at most. The one that was fetched first is forgotten first. */
const MAX_UNKNOWN_KEYS = 1_000;

/**
 * A cache of keys fetched over https. When a token names a key that is not in the cache, the keys are fetched again; if
 * that is not allowed yet, the cache rejects with `TokenNotChecked`. So a key id counts as unknown only if the issuer was
 * asked after the token arrived. (An execution environment of Lambda handles one token at a time, so no fetch started
 * before it: https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html)
 *
 * Every fetch opens a new connection, because a kept one may break while the function is frozen.
 */
export function fetchedKeys(clock: Clock): SimpleJwksCache {
  const defaultRequestOptions = { responseTimeout: FETCH_TIMEOUT_MS, agent: new Agent({ keepAlive: false }) };
  const fetcher = new SimpleFetcher({ defaultRequestOptions });
  const mayFetch = rateLimitersByUri(clock);
  return new SimpleJwksCache({
    fetcher: {
      async fetch(uri) {
        if (!mayFetch(uri)) throw new TokenNotChecked('the keys were fetched too often and must wait');
        return fetcher.fetch(uri);
      },
    },
    penaltyBox: pauseOfEachUnknownKey(clock),
  });
}

function rateLimitersByUri(clock: Clock): (uri: string) => boolean {
  const rateLimiters = new Map<string, () => boolean>();
  return (uri) => {
    const mayFetch = rateLimiters.get(uri) ?? createRateLimiter(KEY_FETCHES, clock);
    rateLimiters.set(uri, mayFetch);
    return mayFetch();
  };
}

/**
 * Pauses each unknown key id by itself. The library's own pause is for all key ids, so one invented key id would block
 * the keys for all tokens; and it ends by a timer, which a frozen function does not run.
 */
function pauseOfEachUnknownKey(clock: Clock): PenaltyBox {
  const askedAt = new Map<string, number>();
  return {
    async wait(uri, kid) {
      const at = askedAt.get(entryOf(uri, kid));
      // The absolute difference, so that a clock that was set back does not make the pause longer.
      if (at !== undefined && Math.abs(clock() - at) < UNKNOWN_KEY_PAUSE_MS)
        throw new TokenNotChecked('the issuer did not know the key id a moment ago');
    },
    registerFailedAttempt(uri, kid) {
      const entry = entryOf(uri, kid);
      askedAt.delete(entry);
      askedAt.set(entry, clock());
      for (const oldest of askedAt.keys()) {
        if (askedAt.size <= MAX_UNKNOWN_KEYS) break;
        askedAt.delete(oldest);
      }
    },
    registerSuccessfulAttempt: (uri, kid) => void askedAt.delete(entryOf(uri, kid)),
  };
}

/** A key id may be as long as a message, so only a hash of it is remembered. */
function entryOf(uri: string, kid: string): string {
  return createHash('sha256').update(`${uri} ${kid}`).digest('base64');
}
