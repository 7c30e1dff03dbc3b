import type { Settings } from './settings.ts';

/**
 * Milliseconds until attempt number `attempt` (the first is 0). Full jitter: clients that were cut off together come
 * back one by one. https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoff(
  attempt: number,
  {
    minBackoffMs,
    maxBackoffMs,
    random,
  }: { minBackoffMs: number; maxBackoffMs: number; random: () => number },
): number {
  return random() * Math.min(maxBackoffMs, minBackoffMs * 2 ** attempt);
}

const SOON_MS = 2_000;

/** Milliseconds until a request that failed inside the server is made again, on the same connection. */
export function soon({ random }: { random: () => number }): number {
  return SOON_MS * (0.5 + random() / 2);
}

/** When the next attempt to connect is due. */
interface Attempts {
  /** Milliseconds until then; longer with every call. */
  next(ended: { heldMs: number; closeCode: number | undefined }): number;
  /** The next wait is a first one. */
  reset(): void;
}

/** A connection that held for so long was a good one: the next attempt is a first one. */
const STABLE_MS = 5_000;
/**
 * API Gateway closed the connection because of throttling; AWS does not document when exactly. Reconnecting costs more
 * requests: connect, auth and a subscribe for each room.
 */
const THROTTLED = 1008;
/** The wait behind it is that of an attempt after so many that failed, and at least half of it: 2 to 4 s, then longer. */
const ATTEMPTS_OF_A_THROTTLE = 3;

export function createAttempts(settings: Settings): Attempts {
  let attempt = 0;
  return {
    next({ heldMs, closeCode }) {
      if (heldMs >= STABLE_MS) attempt = 0;
      let chance = settings.random();
      if (closeCode === THROTTLED) {
        attempt = Math.max(attempt, ATTEMPTS_OF_A_THROTTLE);
        chance = 0.5 + chance / 2;
      }
      attempt += 1;
      return backoff(attempt - 1, { ...settings, random: () => chance });
    },
    reset() {
      attempt = 0;
    },
  };
}
