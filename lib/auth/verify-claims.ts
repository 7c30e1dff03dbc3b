import type { Clock } from '../core/ports.ts';

/**
 * Checks signature, issuer, audience and time; rejects only when key or secret cannot be had, with `NotAskedYet` when
 * they may be had in a moment. An expiry that is past by no more than `MAX_CLOCK_SKEW_SECONDS` may pass here:
 * `userOfClaims` looks at it.
 */
export type VerifyClaims = (
  token: string,
) => Promise<{ ok: true; claims: Record<string, unknown> } | { ok: false; reason: string }>;

/**
 * The key or the secret that a token names may be new, and may not be asked for yet. It says nothing about the token: it
 * is neither accepted nor refused, and may come again.
 */
export class TokenNotChecked extends Error {
  override readonly name = 'NotAskedYet';
}

/** `burst` at once, and one more each `intervalMs`. */
export interface RateLimit {
  burst: number;
  intervalMs: number;
}

/** Whether it may be asked now; `true` spends one of the allowance. */
export function createRateLimiter({ burst, intervalMs }: RateLimit, clock: Clock): () => boolean {
  const mostMs = burst * intervalMs;
  let creditMs = mostMs;
  let countedAt = clock();
  return () => {
    const now = clock();
    // A clock that was set back gives nothing, and takes nothing.
    creditMs = Math.min(mostMs, creditMs + Math.max(0, now - countedAt));
    countedAt = now;
    if (creditMs < intervalMs) return false;
    creditMs -= intervalMs;
    return true;
  };
}
