/** The clock and the timers of the local emulator. They are passed in, so that a test decides when ten minutes have passed. */
export interface Time {
  /** Epoch milliseconds. */
  now(): number;
  /** Runs `task` once after `milliseconds`. Returns a function that cancels it. */
  after(milliseconds: number, task: () => void): () => void;
}

// setTimeout fires at once for a delay above 2^31-1 milliseconds.
const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemTime: Time = {
  now: () => Date.now(),
  after(milliseconds, task) {
    const timer = setTimeout(task, Math.min(Math.max(0, milliseconds), MAX_TIMER_MS));
    // A retry or idle timer must not keep the process alive after its server has closed.
    timer.unref();
    return () => clearTimeout(timer);
  },
};
