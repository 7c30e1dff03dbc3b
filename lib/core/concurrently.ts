/**
 * Runs `task` on every item, at most `concurrency` at a time. Fetches an item only when a task can start, so memory
 * does not grow with the number of items. After the first error of `items` or `task` it starts no more tasks, waits for
 * the running ones, and rejects with that error.
 */
export async function forEachConcurrently<Item>(
  items: AsyncIterable<Item> | Iterable<Item>,
  concurrency: number,
  task: (item: Item) => Promise<void>,
): Promise<void> {
  const iterator = each(items);
  const errors: unknown[] = [];
  const work = async () => {
    try {
      while (errors.length === 0) {
        const next = await iterator.next();
        if (next.done === true) return;
        await task(next.value);
      }
    } catch (error) {
      errors.push(error);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  if (errors.length > 0) throw errors[0];
}

async function* each<Item>(items: AsyncIterable<Item> | Iterable<Item>): AsyncGenerator<Item> {
  yield* items;
}

/** Tasks of which only a limited number run at a time. */
interface TaskGroup {
  start<Result>(task: Promise<Result>, onEnd: (result: Result) => void): void;
  /** Resolves when another task may start; undefined if one may start now. */
  capacity(): Promise<void> | undefined;
  /** Resolves when every started task has ended. */
  settled(): Promise<void>;
}

/** Supports one caller, which awaits one promise at a time. Tasks must not reject. */
export function taskGroup(max: number): TaskGroup {
  let inFlight = 0;
  let wake: () => void = () => undefined;

  async function fewerThan(count: number): Promise<void> {
    while (inFlight >= count) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  return {
    start(task, onEnd) {
      inFlight += 1;
      void task.then((result) => {
        onEnd(result);
        inFlight -= 1;
        wake();
      });
    },
    // No promise when there is capacity: this runs once for each member of a room.
    capacity: () => (inFlight < max ? undefined : fewerThan(max)),
    settled: () => fewerThan(1),
  };
}
