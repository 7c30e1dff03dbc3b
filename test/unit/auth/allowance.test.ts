import { describe, expect, it } from 'vitest';
import { createRateLimiter } from '../../../lib/auth/verify-claims.ts';

function allowance() {
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

describe('an allowance', () => {
  it('is spent at once, and gives one more each interval', () => {
    const { pass, spend } = allowance();
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

  it('does not grow beyond its burst, however long nobody asks', () => {
    const { pass, spend } = allowance();
    pass(1e9);
    expect(spend()).toBe(3);
  });

  it('neither gains nor loses by a clock that is set back', () => {
    const { pass, spend } = allowance();
    spend();
    pass(400);
    expect(spend()).toBe(2);
    pass(-3_600_000);
    expect(spend()).toBe(0);
    pass(200);
    expect(spend()).toBe(1);
  });
});
