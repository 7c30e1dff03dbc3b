/** The clock and the timers, passed in so that tests decide when two hours have passed. */
export interface Time {
  /** Epoch milliseconds. */
  now(): number;
  /** Runs `task` once, `milliseconds` from now, never after `Infinity`; returns what cancels it. */
  after(milliseconds: number, task: () => void): () => void;
}

/** `setTimeout` counts in 32 bits: a longer delay, `Infinity` included, it takes for none at all. */
const LONGEST_TIMER_MS = 2_147_483_647;

export const systemTime: Time = {
  now: () => Date.now(),
  after(milliseconds, task) {
    if (milliseconds === Number.POSITIVE_INFINITY) return () => undefined;
    let timer: ReturnType<typeof setTimeout>;
    const wait = (left: number) => {
      const step = Math.min(left, LONGEST_TIMER_MS);
      timer = setTimeout(() => (left > step ? wait(left - step) : task()), step);
    };
    wait(milliseconds);
    return () => clearTimeout(timer);
  },
};

/** Timers that belong together. */
interface Timers {
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
