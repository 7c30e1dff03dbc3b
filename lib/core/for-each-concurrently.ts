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
