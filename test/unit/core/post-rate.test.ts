import { expect, it } from 'vitest';
import { type PostAnswer, type PostRate, postRate } from '../../../lib/core/broadcast/post-rate.ts';
import { skippingTime } from './skipping-time.ts';

function rateOf(limit: number) {
  const { clock, pass } = skippingTime();
  const rate = postRate(clock);
  rate.allow({ postsPerSecond: limit, burst: limit / 2 });
  return { rate, pass, clock };
}

/** How many may begin at this moment. */
function takeAll(rate: PostRate): number {
  let taken = 0;
  while (rate.take() === 0) taken += 1;
  return taken;
}

/** So many answers within 100 ms to calls of now, of which so many are 429. */
function answer(
  { rate, pass, clock }: ReturnType<typeof rateOf>,
  answers: number,
  throttled: number,
  kind: Pick<PostAnswer, 'isRetry' | 'isSlowReader'> = {},
): void {
  const begunAt = clock();
  for (let index = 1; index <= answers; index += 1) {
    if (index === answers) pass(100);
    rate.answered({ outcome: index <= throttled ? 'throttled' : 'delivered', startedAt: begunAt, ...kind });
  }
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

it('the post rate begins with a burst, and then is the limit', () => {
  const { rate, pass } = rateOf(1_000);
  expect(takeAll(rate)).toBe(500);
  expect(through(rate, pass, 2_000)).toBe(2_000);
});

it('the post rate says how long the next post must wait', () => {
  const { rate, pass } = rateOf(2);
  expect(rate.take()).toBe(0);
  expect(rate.take()).toBe(500);
  pass(499);
  expect(rate.take()).toBeGreaterThan(0);
  pass(1);
  expect(rate.take()).toBe(0);
});

it('a post rate of less than one a second still lets a post begin now and then', () => {
  const { rate, pass } = rateOf(0.5);
  expect(takeAll(rate)).toBe(1);
  expect(rate.take()).toBe(2_000);
  pass(2_000);
  expect(takeAll(rate)).toBe(1);
});

it('the post rate saves up no more than a burst', () => {
  const { rate, pass } = rateOf(1_000);
  pass(60_000);
  expect(takeAll(rate)).toBe(500);
});

it('the post rate falls at once below what got through if 429 say that the quota is used up', () => {
  const paced = rateOf(10_000);
  answer(paced, 1_000, 600);
  expect(takeAll(paced.rate)).toBe(0);
  // 400 in 100 ms got through: 4,000 a second, less a tenth.
  expect(paced.rate.share()).toBe(0.36);
  expect(through(paced.rate, paced.pass, 10)).toBeCloseTo(36, -1);
});

it('the post rate falls to a hundredth if all posts are answered 429, so that there are answers to learn from', () => {
  const paced = rateOf(10_000);
  answer(paced, 500, 500);
  expect(paced.rate.share()).toBeCloseTo(0.01);
  answer(paced, 20, 20);
  expect(paced.rate.share()).toBeCloseTo(0.01);
});

it.each([
  ['a tenth of all', 1_000, 100, {}],
  ['hardly more, which may be chance', 1_000, 115, {}],
  ['too few to judge', 19, 19, {}],
  ['to members that are tried again', 1_000, 900, { isRetry: true }],
  ['to members that are known to read too slowly', 1_000, 900, { isSlowReader: true }],
])(
  'the post rate stays if 429 are %s, because such 429 come from slow readers',
  (_, answers, throttled, kind) => {
    const paced = rateOf(1_000);
    answer(paced, answers, throttled, kind);
    expect(paced.rate.share()).toBe(1);
  },
);

it.each([
  ['half of all, the post rate falls further, because it is the quota', 50, 0.045],
  ['nearly all, the post rate stays, because they are slow readers', 90, 0.39],
  ['none, the post rate grows', 0, 0.46],
])('if only retries are left and 429 are %s', (_, throttled, expected) => {
  const paced = rateOf(10_000);
  answer(paced, 1_000, 600);
  paced.pass(100);
  answer(paced, 100, throttled, { isRetry: true });
  if (throttled === 0) paced.pass(100);
  expect(paced.rate.share()).toBeCloseTo(expected, 2);
});

it('the post rate is not lowered again by calls that began before it was lowered', () => {
  const paced = rateOf(10_000);
  const begunAt = paced.clock();
  answer(paced, 1_000, 600);
  for (let index = 0; index < 1_000; index += 1) {
    paced.pass(1);
    paced.rate.answered({ outcome: 'throttled', startedAt: begunAt });
  }
  expect(paced.rate.share()).toBeGreaterThan(0.36);
});

it('answers from before a pause are not judged together with those after it', () => {
  const paced = rateOf(10_000);
  paced.rate.answered({ outcome: 'throttled', startedAt: paced.clock() });
  // As long as Lambda may freeze a process: 40 of 50 in a minute would look like nearly nothing.
  paced.pass(60_000);
  paced.rate.resume();
  answer(paced, 1_000, 200);
  expect(paced.rate.share()).toBeCloseTo(0.72);
});

it('the post rate grows up to the limit within five seconds after the last 429, even if nothing is posted', () => {
  const paced = rateOf(1_000);
  answer(paced, 100, 100);
  const grown = Array.from({ length: 8 }, () => {
    paced.pass(500);
    return Number(paced.rate.share().toFixed(2));
  });
  expect(grown).toEqual([0.05, 0.12, 0.23, 0.36, 0.53, 0.72, 0.95, 1]);
  takeAll(paced.rate);
  expect(through(paced.rate, paced.pass, 1_000)).toBe(1_000);
});

it('the post rate never exceeds its limit because of 429', () => {
  const paced = rateOf(1_000);
  answer(paced, 10_000, 2_000);
  takeAll(paced.rate);
  expect(through(paced.rate, paced.pass, 1_000)).toBeLessThanOrEqual(1_000);
});

it('the lowered post rate is a share of the limit, whatever the limit is afterwards', () => {
  const paced = rateOf(10_000);
  answer(paced, 1_000, 600);
  paced.rate.allow({ postsPerSecond: 1_000, burst: 500 });
  expect(paced.rate.share()).toBe(0.36);
  expect(through(paced.rate, paced.pass, 100)).toBeCloseTo(36, -1);
});
