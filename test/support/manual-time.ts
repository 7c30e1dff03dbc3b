import type { Time } from '../../lib/local/time.ts';

interface Timer {
  due: number;
  task(): void;
}

/** A clock that stands still until a test moves it. */
export interface ManualTime extends Time {
  /** Moves the clock on, running what falls due in its order, and what that sets going, before it returns. */
  advance(milliseconds: number): Promise<void>;
}

export function manualTime(start = Date.UTC(2026, 0, 1)): ManualTime {
  let now = start;
  const timers = new Set<Timer>();
  const next = () => [...timers].sort((one, other) => one.due - other.due)[0];

  return {
    now: () => now,
    after(milliseconds, task) {
      const timer = { due: now + Math.max(0, milliseconds), task };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(milliseconds) {
      const end = now + milliseconds;
      await settled();
      for (let timer = next(); timer && timer.due <= end; timer = next()) {
        timers.delete(timer);
        now = timer.due;
        timer.task();
        await settled();
      }
      now = end;
    },
  };
}

/** Lets promises and what they set going run until nothing is ready. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
