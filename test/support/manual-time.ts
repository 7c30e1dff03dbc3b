import { setImmediate } from 'node:timers/promises';
import type { Time } from '../../lib/local/time.ts';

/** A clock that stands still until it is advanced. */
export interface ManualTime extends Time {
  /** Lets that much time pass: what becomes due runs in order, each at its own moment, with promises in between. */
  advance(milliseconds: number): Promise<void>;
  /** Lets as much time pass as this work takes; it must wait for nothing but this time. */
  run<Result>(work: Promise<Result>): Promise<Result>;
  /** How many tasks wait for their moment. */
  readonly pending: number;
}

interface Task {
  dueAt: number;
  /** Of two that are due at the same moment the one that was asked for first goes first. */
  order: number;
  run: () => void;
  cancelled?: true;
  done?: true;
}

/** `settle` resolves when what has been run waits for this time again. */
export function manualTime(
  startAt: number = Date.UTC(2030, 0, 2, 3, 4, 5),
  settle: () => Promise<unknown> = setImmediate,
): ManualTime {
  let now = startAt;
  let order = 0;
  let pending = 0;
  const tasks: Task[] = [];

  function nextDue(until: number): Task | undefined {
    while (tasks[0]?.cancelled) popFirst(tasks);
    const [first] = tasks;
    return first !== undefined && first.dueAt <= until ? popFirst(tasks) : undefined;
  }

  async function runNext(until: number): Promise<boolean> {
    const task = nextDue(until);
    if (task === undefined) return false;
    now = task.dueAt;
    pending -= 1;
    task.done = true;
    task.run();
    await settle();
    return true;
  }

  return {
    now: () => now,
    after(milliseconds, run) {
      const task: Task = { dueAt: now + Math.max(0, milliseconds), order, run };
      order += 1;
      pending += 1;
      push(tasks, task);
      return () => {
        if (!task.cancelled && !task.done) pending -= 1;
        task.cancelled = true;
      };
    },
    async advance(milliseconds) {
      const until = now + milliseconds;
      await settle();
      while (await runNext(until));
      now = until;
    },
    async run(work) {
      let settled = false;
      const end = () => {
        settled = true;
      };
      work.then(end, end);
      await settle();
      while (!settled) {
        if (!(await runNext(Number.POSITIVE_INFINITY))) throw new Error('the work waits for something else');
      }
      return work;
    },
    get pending() {
      return pending;
    },
  };
}

const isBefore = (one: Task, other: Task) =>
  one.dueAt < other.dueAt || (one.dueAt === other.dueAt && one.order < other.order);

/** A binary heap: simulations have a hundred thousand tasks at a time. */
function push(heap: Task[], task: Task): void {
  let index = heap.length;
  while (index > 0) {
    const above = (index - 1) >> 1;
    const parent = heap[above];
    if (parent === undefined || isBefore(parent, task)) break;
    heap[index] = parent;
    index = above;
  }
  heap[index] = task;
}

function popFirst(heap: Task[]): Task | undefined {
  const [first] = heap;
  const last = heap.pop();
  if (heap.length === 0 || last === undefined) return first;
  let index = 0;
  for (;;) {
    const [left, right] = [heap[2 * index + 1], heap[2 * index + 2]];
    const goesRight = right !== undefined && left !== undefined && isBefore(right, left);
    const child = goesRight ? right : left;
    if (child === undefined || isBefore(last, child)) break;
    heap[index] = child;
    index = 2 * index + (goesRight ? 2 : 1);
  }
  heap[index] = last;
  return first;
}
