import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { PostOutcome } from '../../../lib/core/ports.ts';
import { retryPost } from '../../../lib/core/retry-post.ts';
import { START, skippingTime } from './skipping-time.ts';

const BUDGET_MS = 10_000;
const CEILINGS_MS = [50, 100, 200, 400, 800, 1_000, 1_000, 1_000];

/** A call that goes through these outcomes and stays with the last. */
function calls(...outcomes: [PostOutcome, ...PostOutcome[]]) {
  let count = 0;
  const call = async () => {
    count += 1;
    return outcomes[Math.min(count, outcomes.length) - 1] ?? outcomes[0];
  };
  return { call, count: () => count };
}

it.each(['delivered', 'gone', 'timed_out', 'refused'] as const)(
  'a post that is %s is final at once',
  async (outcome) => {
    const time = skippingTime();
    const { call, count } = calls(outcome);
    expect(await retryPost(time, call, () => START + BUDGET_MS)).toBe(outcome);
    expect(count()).toBe(1);
    expect(time.slept).toEqual([]);
  },
);

it.each(['throttled', 'unavailable'] as const)(
  'a post that is %s is made again until it is not',
  async (outcome) => {
    const { call, count } = calls(outcome, outcome, 'delivered');
    expect(await retryPost(skippingTime(), call, () => START + BUDGET_MS)).toBe('delivered');
    expect(count()).toBe(3);
  },
);

it('a post that is cut off after a retry is not made again', async () => {
  const { call, count } = calls('throttled', 'timed_out', 'delivered');
  expect(await retryPost(skippingTime(), call, () => START + BUDGET_MS)).toBe('timed_out');
  expect(count()).toBe(2);
});

it.each([0, 0.25, 0.999])(
  'a post is made again after %d of a time that doubles up to a second',
  async (part) => {
    const time = skippingTime(() => part);
    const { call } = calls(
      ...(CEILINGS_MS.map((): PostOutcome => 'throttled') as ['throttled']),
      'delivered',
    );
    expect(await retryPost(time, call, () => START + BUDGET_MS)).toBe('delivered');
    expect(time.slept).toEqual(CEILINGS_MS.map((ceiling) => part * ceiling));
  },
);

it('a post that keeps failing ends with its last outcome when the time is up', async () => {
  const time = skippingTime();
  const { call } = calls('unavailable', 'throttled');
  expect(await retryPost(time, call, () => START + 1_000)).toBe('throttled');
  expect(time.clock()).toBeLessThan(START + 1_000);
});

it('a post is made once even if there is no time at all', async () => {
  const time = skippingTime();
  const { call, count } = calls('throttled');
  expect(await retryPost(time, call, () => START - 1)).toBe('throttled');
  expect(count()).toBe(1);
  expect(time.slept).toEqual([]);
});

it('the time of a post includes how long its calls take', async () => {
  const time = skippingTime();
  let count = 0;
  const call = async (): Promise<PostOutcome> => {
    count += 1;
    time.pass(400);
    return 'unavailable';
  };
  await retryPost(time, call, () => START + 1_000);
  expect(count).toBe(3);
});

it('a post waits, whatever the random numbers, within the ceiling and never to the end of the time', async () => {
  const chances = fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }));
  const holds = fc.asyncProperty(chances, fc.nat({ max: 20_000 }), async (random, budget) => {
    // The random number may always be 0. Then only the time of the calls ends it.
    const time = skippingTime(() => random.next().value);
    const call = async (): Promise<PostOutcome> => {
      time.pass(10);
      return 'throttled';
    };
    await retryPost(time, call, () => START + budget);
    const slept = time.slept.reduce((sum, sleep) => sum + sleep, 0);
    expect(slept).toBeLessThanOrEqual(budget);
    const tooLong = time.slept.filter((sleep, attempt) => sleep > (CEILINGS_MS[attempt] ?? 1_000));
    expect(tooLong).toEqual([]);
  });
  await fc.assert(holds, { numRuns: 30 });
});
