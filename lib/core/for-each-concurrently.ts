/**
 * Runs `task` on every item, at most `concurrency` at a time; an item is only fetched when a slot is free, so memory
 * stays bounded however many there are. Rejects with the first error of `items` or `task`, after all that had begun
 * has ended.
 */
export async function forEachConcurrently<Item>(
  items: AsyncIterable<Item>,
  concurrency: number,
  task: (item: Item) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.asyncIterator]();
  const work = async () => {
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      await task(next.value);
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: concurrency }, work));
  for (const worker of workers) {
    if (worker.status === 'rejected') throw worker.reason;
  }
}
