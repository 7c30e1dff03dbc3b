/** The clock and the timers of the emulator, passed in so that tests decide when ten minutes have passed. */
export interface Time {
  /** Epoch milliseconds. */
  now(): number;
  /** Runs `task` once, `milliseconds` from now; returns what cancels it. */
  after(milliseconds: number, task: () => void): () => void;
}

// setTimeout fires at once for a delay above 2^31-1.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemTime: Time = {
  now: () => Date.now(),
  after(milliseconds, task) {
    const timer = setTimeout(task, Math.min(Math.max(0, milliseconds), LONGEST_TIMER_MS));
    // A waiting retry or idle timer must not keep a process alive whose server has closed.
    timer.unref();
    return () => clearTimeout(timer);
  },
};
