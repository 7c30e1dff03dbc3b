/** The clock and the timers, passed in so that tests decide when time passes. */
export interface Time {
  /** Epoch milliseconds. */
  now(): number;
  /** Runs `task` once, `milliseconds` from now; returns what cancels it. */
  after(milliseconds: number, task: () => void): () => void;
}

export const systemTime: Time = {
  now: () => Date.now(),
  after(milliseconds, task) {
    const timer = setTimeout(task, milliseconds);
    return () => clearTimeout(timer);
  },
};
