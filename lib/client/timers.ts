import type { Time } from '../options/time.ts';

/** Timers that belong together. */
export interface Timers {
  after: Time['after'];
  /** Cancels all that have not run. */
  end(): void;
}

export function createTimers(time: Time): Timers {
  const cancels = new Set<() => void>();
  return {
    after(milliseconds, task) {
      const cancelTimer = time.after(milliseconds, () => {
        cancels.delete(cancel);
        task();
      });
      const cancel = () => {
        cancels.delete(cancel);
        cancelTimer();
      };
      cancels.add(cancel);
      return cancel;
    },
    end() {
      for (const cancel of cancels) cancel();
    },
  };
}
