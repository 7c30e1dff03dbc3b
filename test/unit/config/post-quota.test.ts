import { describe, expect, it } from 'vitest';
import { postsPerSecond } from '../../../lib/config/post-quota.ts';

describe('what one broadcast may ask of API Gateway a second', () => {
  it('is nine tenths of what most accounts have', () => {
    expect(postsPerSecond()).toBe(9_000);
  });

  it.each([
    [2_500, undefined, 2_250],
    [undefined, 50, 5_000],
    [1_000_000, 100, 1_000_000],
    [333, 7, 23.31],
  ])('of %s, %s percent are %s', (quota, share, expected) => {
    expect(postsPerSecond(quota, share)).toBe(expected);
  });

  it('is one at least, or nobody would ever be served', () => {
    expect(postsPerSecond(1, 1)).toBe(1);
  });
});
