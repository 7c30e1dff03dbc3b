/** The clock and the timers. They are passed in, so that a test decides when two hours have passed. */
export interface Time {
  /** Epoch milliseconds. */
  now(): number;
  /** Runs `task` once after `milliseconds`; never for `Infinity`. Returns a function that cancels it. */
  after(milliseconds: number, task: () => void): () => void;
}

/** `setTimeout` counts in 32 bits, and fires at once for a longer delay, `Infinity` included. */
const MAX_TIMER_MS = 2_147_483_647;

export const systemTime: Time = {
  now: () => Date.now(),
  after(milliseconds, task) {
    if (milliseconds === Number.POSITIVE_INFINITY) return () => undefined;
    let timer: ReturnType<typeof setTimeout>;
    const wait = (left: number) => {
      const step = Math.min(left, MAX_TIMER_MS);
      timer = setTimeout(() => (left > step ? wait(left - step) : task()), step);
    };
    wait(milliseconds);
    return () => clearTimeout(timer);
  },
};

/** A group of timers that are cancelled together. */
interface Timers {
  after: Time['after'];
  /** Cancels all timers that have not fired. */
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
