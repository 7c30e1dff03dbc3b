import type { Clock, ConnectionDeps, Random, Sleep } from './ports.ts';
import { backoffMs } from './retry-post.ts';

/** Between calls to anything but API Gateway's `@connections`, such as to DynamoDB. Milliseconds. */
const BACKOFF = { firstMs: 50, maxMs: 1_000 };

/**
 * AWS errors about the content of a call: a repeated call fails as well. Errors that a throttle, an outage, a
 * credential, a permission or a deploy can end are not permanent, whatever their status.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
const PERMANENT_ERROR_NAMES = new Set(['ValidationException', 'SerializationException']);

/** Errors that our own code throws for unexpected data. */
const DATA_ERRORS = [TypeError, RangeError, SyntaxError];

/** How long a failure that looks permanent is retried, in case it is not. Milliseconds. */
const PERMANENT_AFTER_MS = 3_000;

/**
 * Whether a repeated call fails as well. An unknown error counts as transient, because a room that waits is less harm
 * than an event that is skipped.
 */
export function isPermanent(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (PERMANENT_ERROR_NAMES.has(error.name)) return true;
  // The SDK throws a SyntaxError with `$response` for an answer that it cannot parse, e.g. from a proxy: transient.
  return DATA_ERRORS.some((kind) => error instanceof kind) && !('$response' in error);
}

/**
 * Returns the result of a call, or its permanent failure: an error that looks permanent and is still thrown after three
 * seconds of retries. Throws a transient error at once, because the caller knows how long to wait for that.
 */
export async function resultOrPermanentFailure<Result>(
  { clock, sleep, random }: { clock: Clock; sleep: Sleep; random: Random },
  call: () => Promise<Result>,
): Promise<{ result: Result } | { permanentFailure: unknown }> {
  const until = clock() + PERMANENT_AFTER_MS;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return { result: await call() };
    } catch (error) {
      if (!isPermanent(error)) throw error;
      const backoff = backoffMs(BACKOFF, random, attempt);
      if (clock() + backoff >= until) return { permanentFailure: error };
      await sleep(backoff);
    }
  }
}

/**
 * Retries a call until it succeeds or until `until` (epoch milliseconds), then throws its last error. An error that
 * looks permanent is retried for three seconds at most. Used inside a broadcast: restarting the whole broadcast because
 * one call failed would send members their frames twice.
 */
export async function retryUntil<Result>(
  { clock, sleep, random }: Pick<ConnectionDeps, 'clock' | 'sleep' | 'random'>,
  until: number,
  call: () => Promise<Result>,
): Promise<Result> {
  const permanentUntil = Math.min(until, clock() + PERMANENT_AFTER_MS);
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      const backoff = backoffMs(BACKOFF, random, attempt);
      if (clock() + backoff >= (isPermanent(error) ? permanentUntil : until)) throw error;
      await sleep(backoff);
    }
  }
}
