import { setImmediate } from 'node:timers/promises';
import type { Time } from '../../lib/local/time.ts';

/** A clock that stands still until it is advanced. */
export interface ManualTime extends Time {
  /** Lets that much time pass: what becomes due runs in order, each at its own moment, with promises in between. */
  advance(milliseconds: number): Promise<void>;
  /** How many tasks wait for their moment. */
  readonly pending: number;
}

interface Task {
  dueAt: number;
  run: () => void;
}

export function manualTime(startAt: number = Date.UTC(2030, 0, 2, 3, 4, 5)): ManualTime {
  let now = startAt;
  const tasks = new Set<Task>();

  const nextDue = (until: number) =>
    [...tasks].filter((task) => task.dueAt <= until).sort((one, other) => one.dueAt - other.dueAt)[0];

  return {
    now: () => now,
    after(milliseconds, run) {
      const task = { dueAt: now + Math.max(0, milliseconds), run };
      tasks.add(task);
      return () => void tasks.delete(task);
    },
    async advance(milliseconds) {
      const until = now + milliseconds;
      await setImmediate();
      for (let task = nextDue(until); task !== undefined; task = nextDue(until)) {
        now = task.dueAt;
        tasks.delete(task);
        task.run();
        await setImmediate();
      }
      now = until;
    },
    get pending() {
      return tasks.size;
    },
  };
}
