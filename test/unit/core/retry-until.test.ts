import { expect, it } from 'vitest';
import { retryUntil } from '../../../lib/core/retry-call.ts';
import { START, skippingTime } from './skipping-time.ts';

/** A call that throws so often before it succeeds. */
function failing(times: number) {
  let calls = 0;
  const call = async () => {
    calls += 1;
    if (calls <= times) throw new Error(`failure ${calls}`);
    return 'done';
  };
  return { call, count: () => calls };
}

it('retryUntil makes a call once if it succeeds', async () => {
  const time = skippingTime();
  const { call, count } = failing(0);
  expect(await retryUntil(time, START + 1_000, call)).toBe('done');
  expect([count(), time.slept]).toEqual([1, []]);
});

it('retryUntil repeats a call with growing waits until it succeeds', async () => {
  const time = skippingTime();
  expect(await retryUntil(time, START + 10_000, failing(4).call)).toBe('done');
  expect(time.slept).toEqual([25, 50, 100, 200]);
});

it('retryUntil throws the last error when the time is up', async () => {
  const time = skippingTime();
  const { call, count } = failing(Number.POSITIVE_INFINITY);
  const last = await retryUntil(time, START + 1_000, call).catch((error: Error) => error.message);
  expect(last).toBe(`failure ${count()}`);
  expect(count()).toBeGreaterThan(3);
  expect(time.clock()).toBeLessThan(START + 1_000);
});

it.each([
  ['for three seconds after a SyntaxError of our own code', new SyntaxError('unexpected token'), 3],
  [
    'until the time is up after a SyntaxError of the SDK, which could not parse the answer',
    Object.assign(new SyntaxError('unexpected token'), { $response: {} }),
    10,
  ],
] as const)('retryUntil repeats a call %s', async (_, error, seconds) => {
  const time = skippingTime();
  await expect(retryUntil(time, START + 10_000, () => Promise.reject(error))).rejects.toBe(error);
  const lasted = (time.clock() - START) / 1_000;
  expect(lasted).toBeGreaterThan(seconds - 1);
  expect(lasted).toBeLessThanOrEqual(seconds);
});

it('retryUntil makes a call once if there is no time', async () => {
  const { call, count } = failing(1);
  await expect(retryUntil(skippingTime(), START - 1, call)).rejects.toThrow(new Error('failure 1'));
  expect(count()).toBe(1);
});
