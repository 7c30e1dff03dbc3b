/**
 * Runs `task` on every item, at most `concurrency` at a time; an item is only fetched when a slot is free, so memory
 * stays bounded however many there are. After the first error of `items` or `task` nothing more is begun; rejects with
 * it when all that had begun has ended.
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

/** Tasks of which only so many should be under way at a time. */
interface TaskGroup {
  begin<Result>(task: Promise<Result>, onEnd: (result: Result) => void): void;
  /** Resolves when there is room for another; undefined when there is. */
  room(): Promise<void> | undefined;
  /** Resolves when all that have begun have ended. */
  ended(): Promise<void>;
}

/** For one caller that waits for one thing at a time, and tasks that do not reject. */
export function taskGroup(max: number): TaskGroup {
  let underWay = 0;
  let wake: () => void = () => undefined;

  async function fewerThan(count: number): Promise<void> {
    while (underWay >= count) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  return {
    begin(task, onEnd) {
      underWay += 1;
      void task.then((result) => {
        onEnd(result);
        underWay -= 1;
        wake();
      });
    },
    // Not always a promise: there is one of these for each member.
    room: () => (underWay < max ? undefined : fewerThan(max)),
    ended: () => fewerThan(1),
  };
}
