import { describe, expect, it } from 'vitest';
import { type PostRate, postRate } from '../../../lib/core/post-rate.ts';
import { skippingTime } from './skipping-time.ts';

function rateOf(limit: number) {
  const { clock, pass } = skippingTime();
  const rate = postRate({ postsPerSecond: limit, burst: limit / 2 }, clock);
  return { rate, pass };
}

/** How many may begin at this moment. */
function takeAll(rate: PostRate): number {
  let taken = 0;
  while (rate.take() === 0) taken += 1;
  return taken;
}

/** So many answers within 100 ms, of which so many are 429. */
function answer({ rate, pass }: ReturnType<typeof rateOf>, answers: number, throttled: number): void {
  for (let index = 1; index < answers; index += 1)
    rate.answered(index <= throttled ? 'throttled' : 'delivered');
  pass(100);
  rate.answered(throttled === answers ? 'throttled' : 'delivered');
}

/** How many may begin in the next so many milliseconds, if they begin as soon as they may. */
function through(rate: PostRate, pass: (milliseconds: number) => void, milliseconds: number): number {
  let taken = 0;
  for (let passed = 0; passed < milliseconds; passed += 1) {
    pass(1);
    taken += takeAll(rate);
  }
  return taken;
}

describe('the rate of posts', () => {
  it('begins with a burst, then is the limit', () => {
    const { rate, pass } = rateOf(1_000);
    expect(takeAll(rate)).toBe(500);
    expect(through(rate, pass, 2_000)).toBe(2_000);
  });

  it('says how long the next post must wait', () => {
    const { rate, pass } = rateOf(2);
    expect(rate.take()).toBe(0);
    expect(rate.take()).toBe(500);
    pass(499);
    expect(rate.take()).toBeGreaterThan(0);
    pass(1);
    expect(rate.take()).toBe(0);
  });

  it('of less than one a second still lets one begin now and then', () => {
    const { rate, pass } = rateOf(0.5);
    expect(takeAll(rate)).toBe(1);
    expect(rate.take()).toBe(2_000);
    pass(2_000);
    expect(takeAll(rate)).toBe(1);
  });

  it('saves up no more than a burst', () => {
    const { rate, pass } = rateOf(1_000);
    pass(60_000);
    expect(takeAll(rate)).toBe(500);
  });
});

describe('answers with 429', () => {
  it('when the quota is used up bring the rate below what got through, at once', () => {
    const paced = rateOf(10_000);
    answer(paced, 1_000, 600);
    expect(takeAll(paced.rate)).toBe(0);
    // 400 in 100 ms got through: 4,000 a second, less a tenth.
    expect(through(paced.rate, paced.pass, 1_000)).toBe(3_600);
  });

  it('for all that was sent leave a hundredth of the limit, so that there are answers to learn from', () => {
    const paced = rateOf(10_000);
    answer(paced, 500, 500);
    expect(through(paced.rate, paced.pass, 1_000)).toBeCloseTo(100, -1);
    answer(paced, 10, 10);
    expect(through(paced.rate, paced.pass, 1_000)).toBeCloseTo(100, -1);
  });

  it.each([
    ['a tenth of all', 1_000, 100],
    ['too few to judge', 9, 9],
  ])('that are %s slow nobody down: they come from clients that read too slowly', (_, answers, throttled) => {
    const paced = rateOf(1_000);
    answer(paced, answers, throttled);
    takeAll(paced.rate);
    expect(through(paced.rate, paced.pass, 1_000)).toBe(1_000);
  });

  it('that have stopped let the rate grow again, step by step, up to the limit', () => {
    const paced = rateOf(1_000);
    answer(paced, 100, 100);
    const grown: number[] = [];
    for (let window = 0; window < 25; window += 1) {
      takeAll(paced.rate);
      grown.push(Math.round(through(paced.rate, paced.pass, 1_000) / 10) * 10);
      answer(paced, 10, 0);
    }
    expect(grown.slice(0, 4)).toEqual([10, 60, 110, 160]);
    expect(grown.slice(-5)).toEqual([1_000, 1_000, 1_000, 1_000, 1_000]);
  });

  it('never make it faster', () => {
    const paced = rateOf(1_000);
    answer(paced, 10_000, 2_000);
    takeAll(paced.rate);
    expect(through(paced.rate, paced.pass, 1_000)).toBeLessThanOrEqual(1_000);
  });
});
