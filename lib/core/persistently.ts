import { isLasting, LASTING_AFTER_MS } from './lasting-failure.ts';
import type { ConnectionDeps } from './ports.ts';
import { backoffMs } from './until-final.ts';

/**
 * Calls until it does not throw, or the time is up; then throws what it threw. A failure that lasts gets some seconds. For what must not be begun again from the
 * start because one call of many has failed: members would get twice what they have.
 */
export async function persistently<Result>(
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
