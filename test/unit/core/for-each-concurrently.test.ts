import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { forEachConcurrently } from '../../../lib/core/concurrently.ts';

interface Work {
  fetched: number[];
  begun: number[];
  ended: number[];
  result: Promise<void>;
  end(item: number): Promise<void>;
  fail(item: number, message: string): Promise<void>;
}

/** Tasks that end when the test says so. */
function work({
  items,
  concurrency,
  brokenAfter,
}: {
  items: number;
  concurrency: number;
  brokenAfter?: number;
}): Work {
  const fetched: number[] = [];
  const begun: number[] = [];
  const ended: number[] = [];
  const tasks = new Map<number, PromiseWithResolvers>();
  async function* source() {
    for (let item = 0; item < items; item += 1) {
      if (item === brokenAfter) throw new Error('no more items');
      fetched.push(item);
      yield item;
    }
  }
  const result = forEachConcurrently(source(), concurrency, async (item) => {
    begun.push(item);
    await new Promise<void>((resolve, reject) => tasks.set(item, { resolve, reject }));
    ended.push(item);
  });
  // The test looks at the result when it wants to.
  result.catch(() => undefined);
  return {
    fetched,
    begun,
    ended,
    result,
    async end(item) {
      tasks.get(item)?.resolve();
      await setImmediate();
    },
    async fail(item, message) {
      tasks.get(item)?.reject(new Error(message));
      await setImmediate();
    },
  };
}

interface PromiseWithResolvers {
  resolve(): void;
  reject(error: Error): void;
}

const PENDING = 'pending';
const stateOf = (result: Promise<void>) =>
  Promise.race([
    result.then(
      () => 'resolved',
      () => 'rejected',
    ),
    setImmediate(PENDING),
  ]);

it('forEachConcurrently runs as many tasks as it may, and fetches an item only when a task can start', async () => {
  const { begun, fetched, end } = work({ items: 6, concurrency: 2 });
  await setImmediate();
  expect(begun).toEqual([0, 1]);
  expect(fetched).toEqual([0, 1]);
  await end(1);
  expect(begun).toEqual([0, 1, 2]);
  expect(fetched).toEqual([0, 1, 2]);
});

it('forEachConcurrently ends when every item has been worked on', async () => {
  const { result, ended, end } = work({ items: 3, concurrency: 2 });
  await setImmediate();
  await end(0);
  await end(1);
  expect(await stateOf(result)).toBe(PENDING);
  await end(2);
  await result;
  expect(ended).toEqual([0, 1, 2]);
});

it.each([0, 1])('forEachConcurrently ends at once with %d items and a higher concurrency', async (items) => {
  const { result, end } = work({ items, concurrency: 5 });
  await setImmediate();
  await end(0);
  await result;
});

it('forEachConcurrently rejects with the error of a task after all that had begun, and begins no more', async () => {
  const { result, begun, end, fail } = work({ items: 10, concurrency: 3 });
  await setImmediate();
  await fail(1, 'task 1');
  expect(await stateOf(result)).toBe(PENDING);
  await end(0);
  await end(2);
  await expect(result).rejects.toThrow(new Error('task 1'));
  expect(begun).toEqual([0, 1, 2]);
});

it('forEachConcurrently rejects with the error that came first if several tasks fail', async () => {
  const { result, fail } = work({ items: 3, concurrency: 3 });
  await setImmediate();
  await fail(2, 'came first');
  await fail(0, 'came later');
  await fail(1, 'came last');
  await expect(result).rejects.toThrow(new Error('came first'));
});

it('forEachConcurrently rejects with the error of its items after all that had begun', async () => {
  const { result, ended, end } = work({ items: 10, concurrency: 3, brokenAfter: 2 });
  await setImmediate();
  expect(await stateOf(result)).toBe(PENDING);
  await end(0);
  await end(1);
  await expect(result).rejects.toThrow(new Error('no more items'));
  expect(ended).toEqual([0, 1]);
});
