import type { Clock, PostOutcome, Random, Sleep } from './ports.ts';

const FIRST_BACKOFF_MS = 50;
const LONGEST_BACKOFF_MS = 1_000;

/** Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ */
export function backoffMs(random: Random, attempt: number): number {
  return random() * Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** attempt);
}

/** An outcome after which a call is tried again. */
export type Passing = 'throttled' | 'unavailable';

/**
 * Calls API Gateway until the outcome is final or the time is up, which `until` says of either outcome. 429 and 5xx are
 * tried again after a backoff. A call that was cut off is not: it may have been delivered, and a connection that hangs
 * would only hang again.
 */
export function untilFinal(
  { clock, sleep, random }: { clock: Clock; sleep: Sleep; random: Random },
  call: (attempt: number) => Promise<PostOutcome>,
  until: (outcome: Passing) => number,
): Promise<PostOutcome> {
  // Not a loop of awaits: nearly always there is one attempt, for each of thousands, and it should cost one promise.
  const tryOnce = (attempt: number): Promise<PostOutcome> =>
    call(attempt).then((outcome) => {
      if (outcome !== 'throttled' && outcome !== 'unavailable') return outcome;
      const backoff = backoffMs(random, attempt);
      if (clock() + backoff >= until(outcome)) return outcome;
      return sleep(backoff).then(() => tryOnce(attempt + 1));
    });
  return tryOnce(0);
}
