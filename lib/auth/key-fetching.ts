import { createHash } from 'node:crypto';
import { Agent } from 'node:https';
import { SimpleFetcher } from 'aws-jwt-verify/https';
import { type PenaltyBox, SimpleJwksCache } from 'aws-jwt-verify/jwk';
import type { Clock } from '../core/ports.ts';
import { createRateLimiter, type RateLimit, TokenNotChecked, type VerifyClaims } from './verify-claims.ts';

/** Verifies tokens with keys that are somewhere else. */
export interface KeyedVerifier extends VerifyClaims {
  /** Fetches the keys before the first token needs them. Rejects when they cannot be had; then a token asks again. */
  fetchKeys(): Promise<void>;
}

const FETCH_TIMEOUT_MS = 2_000;
/** The library fetches once more, at once, what failed. */
const FETCHES = 2;

/** The longest that the keys are waited for, by the start of a function or by a token. */
export const LONGEST_KEY_FETCH_MS = FETCHES * FETCH_TIMEOUT_MS;

/**
 * How often one environment of a function may ask one issuer, whatever key ids the tokens of strangers name. Whoever's
 * token has them fetched, the keys are there for all: so a key that is new at the issuer is known one interval and one
 * fetch later at the latest, however many made-up key ids come.
 */
export const KEY_FETCHES: RateLimit = { burst: 10, intervalMs: 2_000 };

/**
 * How long a key id that the issuer did not know is not asked for again. No shorter than the interval of the allowance:
 * so one key id that comes again and again never uses the allowance up.
 */
export const UNKNOWN_KEY_PAUSE_MS = KEY_FETCHES.intervalMs;

/** Of so many key ids it is remembered that the issuer did not know them; the one that was asked for first is forgotten. */
const MOST_UNKNOWN_KEYS = 1_000;

/**
 * Keeps the keys that were fetched over https, until a token names one that is not among them. Then they are fetched
 * again, or it rejects with `NotAskedYet`: that a key id is unknown is said only when the issuer was asked after the token
 * came. (An environment of Lambda has one token at a time in hand, so no fetch began before it.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html)
 *
 * A connection is used once: a kept one may not survive that the function is frozen.
 */
export function fetchedKeys(clock: Clock): SimpleJwksCache {
  const defaultRequestOptions = { responseTimeout: FETCH_TIMEOUT_MS, agent: new Agent({ keepAlive: false }) };
  const fetcher = new SimpleFetcher({ defaultRequestOptions });
  const mayFetch = allowancesByUri(clock);
  return new SimpleJwksCache({
    fetcher: {
      async fetch(uri) {
        if (!mayFetch(uri))
          throw new TokenNotChecked('the keys were fetched too often to be fetched again yet');
        return fetcher.fetch(uri);
      },
    },
    penaltyBox: pauseOfEachUnknownKey(clock),
  });
}

function allowancesByUri(clock: Clock): (uri: string) => boolean {
  const allowances = new Map<string, () => boolean>();
  return (uri) => {
    const mayFetch = allowances.get(uri) ?? createRateLimiter(KEY_FETCHES, clock);
    allowances.set(uri, mayFetch);
    return mayFetch();
  };
}

/**
 * The library's own pause is one for all key ids, so that a stranger's token would keep the keys from everybody; and it
 * ends by a timer, which a frozen function does not run.
 */
function pauseOfEachUnknownKey(clock: Clock): PenaltyBox {
  const askedAt = new Map<string, number>();
  return {
    async wait(uri, kid) {
      const at = askedAt.get(entryOf(uri, kid));
      // Away from the clock on both sides: one that was set back must not make the pause longer.
      if (at !== undefined && Math.abs(clock() - at) < UNKNOWN_KEY_PAUSE_MS)
        throw new TokenNotChecked('the issuer did not know the key id a moment ago');
    },
    registerFailedAttempt(uri, kid) {
      const entry = entryOf(uri, kid);
      askedAt.delete(entry);
      askedAt.set(entry, clock());
      for (const oldest of askedAt.keys()) {
        if (askedAt.size <= MOST_UNKNOWN_KEYS) break;
        askedAt.delete(oldest);
      }
    },
    registerSuccessfulAttempt: (uri, kid) => void askedAt.delete(entryOf(uri, kid)),
  };
}

/** A key id may be as long as a message; what is remembered of it is not. */
function entryOf(uri: string, kid: string): string {
  return createHash('sha256').update(`${uri} ${kid}`).digest('base64');
}
