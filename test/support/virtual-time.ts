import type { Clock, Random, Sleep } from '../../lib/core/ports.ts';
import { type ManualTime, manualTime } from './manual-time.ts';

/** The core's clock, sleep and randomness, on a clock that stands still until it is advanced. */
export interface VirtualTime extends Pick<ManualTime, 'advance' | 'run' | 'after'> {
  clock: Clock;
  sleep: Sleep;
  random: Random;
}

export const START = 1_790_000_000_000;

export function virtualTime(random: Random = () => 0.5): VirtualTime {
  const { now, after, advance, run } = manualTime(START);
  return {
    clock: now,
    sleep: (milliseconds) => new Promise((resolve) => void after(milliseconds, resolve)),
    random,
    after,
    advance,
    run,
  };
}
