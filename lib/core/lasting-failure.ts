import type { Clock, Random, Sleep } from './ports.ts';
import { backoffMs } from './until-final.ts';

/**
 * Errors of AWS that say something about the very call, so that a repeat of it fails as well. Not among them: what a
 * throttle, an outage, a credential, a permission or a deploy may end, whatever its status.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
const ABOUT_THE_CALL = new Set(['ValidationException', 'SerializationException']);

/** What our own code throws at data that it did not expect. */
const ABOUT_THE_DATA = [TypeError, RangeError, SyntaxError];

/** How long a failure that looks as if it would last is tried again, in case it does not. Milliseconds. */
export const LASTING_AFTER_MS = 3_000;

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
