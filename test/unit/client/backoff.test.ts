import { expect, it } from 'vitest';
import { renewalDelay } from '../../../lib/client/tokens.ts';
import { backoff } from '../../../lib/options/backoff.ts';

const limits = { minBackoffMs: 500, maxBackoffMs: 20_000 };

it('the time until the next attempt is at most half a second at first, doubles, and never is more than 20 s', () => {
  const longest = [0, 1, 2, 3, 4, 5, 6, 40].map((attempt) =>
    backoff(attempt, { ...limits, random: () => 1 }),
  );
  expect(longest).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]);
});

it('the time until the next attempt may be anything below its longest', () => {
  expect(backoff(3, { ...limits, random: () => 0 })).toBe(0);
  expect(backoff(3, { ...limits, random: () => 0.25 })).toBe(1_000);
});

it('a token is renewed a minute before it expires', () => {
  expect(renewalDelay(3_600_000)).toBe(3_540_000);
});

it('a token is renewed at half of its time, if that is less than two minutes', () => {
  expect(renewalDelay(40_000)).toBe(20_000);
});

it('a token is renewed after a minute, if it has expired by a clock that must be wrong, or says nothing', () => {
  expect(renewalDelay(-5_000)).toBe(60_000);
  expect(renewalDelay(Number.NaN)).toBe(60_000);
});

it('a token is renewed not later than timers can wait', () => {
  expect(renewalDelay(400 * 86_400_000)).toBeLessThan(2 ** 31);
});
