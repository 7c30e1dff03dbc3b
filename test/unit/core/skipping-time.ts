import type { Clock, Random, Sleep } from '../../../lib/core/ports.ts';

/** Time in which a sleep is over at once, and the clock shows that it was slept. */
export interface SkippingTime {
  clock: Clock;
  sleep: Sleep;
  random: Random;
  /** Every sleep so far, in milliseconds. */
  slept: number[];
  /** Lets time pass outside of a sleep. */
  pass(milliseconds: number): void;
}

export const START = 1_790_000_000_000;

export function skippingTime(random: Random = () => 0.5): SkippingTime {
  let now = START;
  const slept: number[] = [];
  return {
    clock: () => now,
    async sleep(milliseconds) {
      slept.push(milliseconds);
      now += milliseconds;
    },
    random,
    slept,
    pass(milliseconds) {
      now += milliseconds;
    },
  };
}
