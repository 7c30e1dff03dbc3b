import { expect, it } from 'vitest';
import { createRateLimiter } from '../../../lib/auth/user.ts';

function limiter() {
  let now = 1_790_000_000_000;
  const mayAsk = createRateLimiter({ burst: 3, intervalMs: 200 }, () => now);
  return {
    pass(milliseconds: number) {
      now += milliseconds;
    },
    /** How often it may be asked now. */
    spend() {
      let count = 0;
      while (count < 100 && mayAsk()) count += 1;
      return count;
    },
  };
}

it('a rate limiter allows its burst at once, and one more each interval', () => {
  const { pass, spend } = limiter();
  expect(spend()).toBe(3);
  pass(199);
  expect(spend()).toBe(0);
  pass(1);
  expect(spend()).toBe(1);
  pass(450);
  expect(spend()).toBe(2);
  pass(150);
  expect(spend()).toBe(1);
});

it('a rate limiter allows no more than its burst, however long nobody asks', () => {
  const { pass, spend } = limiter();
  pass(1e9);
  expect(spend()).toBe(3);
});

it('a rate limiter neither gains nor loses by a clock that is set back', () => {
  const { pass, spend } = limiter();
  spend();
  pass(400);
  expect(spend()).toBe(2);
  pass(-3_600_000);
  expect(spend()).toBe(0);
  pass(200);
  expect(spend()).toBe(1);
});
