import { backoff } from '../options/backoff.ts';
import type { Settings } from './settings.ts';

const SOON_MS = 2_000;

/** Milliseconds to wait before a request that failed inside the server is repeated on the same connection. */
export function soon({ random }: { random: () => number }): number {
  return SOON_MS * (0.5 + random() / 2);
}

/** Decides when the next attempt to connect starts. */
interface Attempts {
  /** Milliseconds to wait; the maximum doubles with every call. `heldMs`: how long the ended connection was authenticated. */
  next(ended: { heldMs: number; closeCode: number | undefined }): number;
  /** Starts again with the shortest wait. */
  reset(): void;
}

/** After a connection that lasted this long, the waits start again with the shortest. */
const STABLE_MS = 5_000;
/**
 * The close code of a connection that API Gateway throttles; AWS does not document exactly when it closes one. Reconnecting
 * adds requests: connect, auth and one subscribe for each room.
 */
const THROTTLED = 1008;
/** After a throttled connection the client waits as after this many failed attempts, and at least half of the maximum: 2 to 4 s. */
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
