import type { Clock, ConnectionDeps, PostOutcome, Random, Sleep } from './ports.ts';

const FIRST_BACKOFF_MS = 50;
const LONGEST_BACKOFF_MS = 1_000;

/** Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ */
export function backoffMs(random: Random, attempt: number): number {
  return random() * Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** attempt);
}

/** An outcome after which a call is tried again. */
type Passing = 'throttled' | 'unavailable';

/**
 * Calls API Gateway until the outcome is final or the time is up, which `until` says of either outcome. 429 and 5xx are
 * tried again after a backoff. A call that was cut off is not: it may have been delivered, and a connection that hangs
 * would only hang again.
 */
export function retryPost(
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

/**
 * Errors of AWS that say something about the very call, so that a repeat of it fails as well. Not among them: what a
 * throttle, an outage, a credential, a permission or a deploy may end, whatever its status.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
const ABOUT_THE_CALL = new Set(['ValidationException', 'SerializationException']);

/** What our own code throws at data that it did not expect. */
const ABOUT_THE_DATA = [TypeError, RangeError, SyntaxError];

/** How long a failure that looks as if it would last is tried again, in case it does not. Milliseconds. */
const LASTING_AFTER_MS = 3_000;

/**
 * Whether the same call will fail for good. Everything that is not known to last counts as passing: a room that waits is
 * a lesser harm than an event that is given up.
 */
export function isLasting(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (ABOUT_THE_CALL.has(error.name)) return true;
  // An answer that the SDK could not read, of a proxy for instance, comes as such an error, with the answer.
  return ABOUT_THE_DATA.some((kind) => error instanceof kind) && !('$response' in error);
}

/**
 * Makes a call, and for some seconds once more what failed as if it would last: then that is what it is. Throws what may
 * pass by itself, at once: whoever calls knows how long to wait for that.
 */
export async function unlessItLasts<Result>(
  { clock, sleep, random }: { clock: Clock; sleep: Sleep; random: Random },
  call: () => Promise<Result>,
): Promise<{ result: Result } | { lasting: unknown }> {
  const until = clock() + LASTING_AFTER_MS;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return { result: await call() };
    } catch (error) {
      if (!isLasting(error)) throw error;
      const backoff = backoffMs(random, attempt);
      if (clock() + backoff >= until) return { lasting: error };
      await sleep(backoff);
    }
  }
}

/**
 * Calls until it does not throw, or the time is up; then throws what it threw. A failure that lasts gets some seconds. For what must not be begun again from the
 * start because one call of many has failed: members would get twice what they have.
 */
export async function retryUntil<Result>(
  { clock, sleep, random }: Pick<ConnectionDeps, 'clock' | 'sleep' | 'random'>,
  until: number,
  call: () => Promise<Result>,
): Promise<Result> {
  const untilItLasts = Math.min(until, clock() + LASTING_AFTER_MS);
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      const backoff = backoffMs(random, attempt);
      if (clock() + backoff >= (isLasting(error) ? untilItLasts : until)) throw error;
      await sleep(backoff);
    }
  }
}
