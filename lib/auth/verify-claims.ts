import type { Clock } from '../core/ports.ts';

/**
 * Checks signature, issuer, audience and time of a token. Rejects only if the key or the secret cannot be fetched, with
 * `TokenNotChecked` if it may be fetched in a moment. May accept a token up to `MAX_CLOCK_SKEW_SECONDS` after its expiry:
 * `userOfClaims` checks the expiry.
 */
export type VerifyClaims = (
  token: string,
) => Promise<{ ok: true; claims: Record<string, unknown> } | { ok: false; reason: string }>;

/**
 * Thrown if the key or the secret of a token may be new, but may not be fetched yet. The token is neither accepted nor
 * refused; the client may send it again.
 */
export class TokenNotChecked extends Error {
  override readonly name = 'TokenNotChecked';
}

/** Allows `burst` calls at once, and one more every `intervalMs`. */
export interface RateLimit {
  burst: number;
  intervalMs: number;
}

/** A function that returns whether a call is allowed now. `true` uses up one call of the limit. */
export function createRateLimiter({ burst, intervalMs }: RateLimit, clock: Clock): () => boolean {
  const mostMs = burst * intervalMs;
  let creditMs = mostMs;
  let countedAt = clock();
  return () => {
    const now = clock();
    // A clock that was set back neither adds nor removes credit.
    creditMs = Math.min(mostMs, creditMs + Math.max(0, now - countedAt));
    countedAt = now;
    if (creditMs < intervalMs) return false;
    creditMs -= intervalMs;
    return true;
  };
}
