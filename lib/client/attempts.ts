import { backoff } from './backoff.ts';
import type { Settings } from './settings.ts';

/** When the next attempt to connect is due. */
export interface Attempts {
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
