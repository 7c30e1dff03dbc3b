import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { MAX_CALLS_IN_FLIGHT, postScheduler } from '../../../lib/core/broadcast/post-scheduler.ts';
import type { PostOutcome } from '../../../lib/core/ports.ts';
import { START, type VirtualTime, virtualTime } from '../../support/virtual-time.ts';

/** Calls that each end when the test says so, or after a time. */
function calls(callsPerSecond = 1_000_000, until = Number.POSITIVE_INFINITY) {
  const time = virtualTime();
  const queue = postScheduler(time).open({
    limits: { postsPerSecond: callsPerSecond, burst: callsPerSecond / 2 },
    until,
  });
  const begun: number[] = [];
  const ends = new Map<number, (outcome: PostOutcome) => void>();
  const call = (name: number) =>
    queue.run(() => {
      begun.push(name);
      return new Promise((resolve) => ends.set(name, resolve));
    });
  const end = async (name: number) => {
    ends.get(name)?.('delivered');
    await setImmediate();
  };
  return { time, queue, begun, call, end };
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

it('the post scheduler runs 128 calls at a time, in the order in which they came', async () => {
  const { begun, call, end } = calls();
  for (const name of numbers(140)) void call(name);
  await setImmediate();
  expect(begun).toEqual(numbers(128));
  await end(77);
  await end(3);
  expect(begun).toEqual(numbers(130));
});

it('calls that take longer than 250 ms are not counted among the 128', async () => {
  const { time, begun, call } = calls();
  for (const name of numbers(300)) void call(name);
  await time.advance(249);
  expect(begun).toHaveLength(128);
  await time.advance(1);
  expect(begun).toHaveLength(256);
  await time.advance(250);
  expect(begun).toHaveLength(300);
});

it('calls are never more than the sockets allow, even if they hang, and go on when one ends', async () => {
  const { time, begun, call, end } = calls();
  for (const name of numbers(1_000)) void call(name);
  await time.advance(60_000);
  expect(begun).toHaveLength(MAX_CALLS_IN_FLIGHT);
  await end(0);
  expect(begun).toHaveLength(MAX_CALLS_IN_FLIGHT + 1);
});

it('calls that throw are no longer counted as in flight', async () => {
  const { queue, begun, call } = calls();
  const failing = numbers(128).map(() => queue.run(() => Promise.reject(new Error('no outcome'))));
  for (const failed of failing) await expect(failed).rejects.toThrow(new Error('no outcome'));
  for (const name of numbers(128)) void call(name);
  await setImmediate();
  expect(begun).toHaveLength(128);
});

it('calls start as soon as the rate allows', async () => {
  const { time, queue } = calls(2);
  const begunAt: number[] = [];
  const outcomes = numbers(4).map(() =>
    queue.run(async (): Promise<PostOutcome> => {
      begunAt.push(time.clock() - START);
      return 'delivered';
    }),
  );
  await time.run(Promise.all(outcomes));
  expect(begunAt).toEqual([0, 500, 1_000, 1_500]);
});

it('while first tries wait, one of four calls that start is a retry', async () => {
  const time = virtualTime();
  const limits = { postsPerSecond: 10, burst: 1 };
  const queue = postScheduler(time).open({ limits, until: Number.POSITIVE_INFINITY });
  const begun: string[] = [];
  const run = (name: string, isRetry: boolean) =>
    queue.run(
      async (): Promise<PostOutcome> => {
        begun.push(name);
        return 'delivered';
      },
      { isRetry },
    );
  void run('at once', false);
  for (const name of numbers(6)) void run(`first ${name}`, false);
  for (const name of numbers(3)) void run(`retry ${name}`, true);
  await time.advance(10_000);
  const waited = ['first 0', 'first 1', 'first 2', 'retry 0', 'first 3', 'first 4', 'first 5', 'retry 1'];
  expect(begun).toEqual(['at once', ...waited, 'retry 2']);
});

it('a queue releases waiting calls at its end as not_sent, and makes no later call', async () => {
  const { time, begun, call } = calls(2, START + 700);
  const outcomes: [number, PostOutcome][] = [];
  for (const name of numbers(4))
    void call(name).then((outcome) => outcomes.push([time.clock() - START, outcome]));
  await time.advance(699);
  expect(begun).toEqual([0, 1]);
  expect(outcomes).toEqual([]);
  await time.advance(1);
  expect(outcomes).toEqual([
    [700, 'not_sent'],
    [700, 'not_sent'],
  ]);
  expect(await call(5)).toBe('not_sent');
  expect(begun).toEqual([0, 1]);
});

it('a queue releases calls that wait for a socket at its end as not_sent, too', async () => {
  const { time, begun, call } = calls(1_000_000, START + 700);
  const outcomes: PostOutcome[] = [];
  for (const name of numbers(600)) void call(name).then((outcome) => outcomes.push(outcome));
  await time.advance(700);
  expect(begun.length).toBeLessThanOrEqual(MAX_CALLS_IN_FLIGHT);
  expect(outcomes).toEqual(numbers(600 - begun.length).map(() => 'not_sent'));
});

const both = (limit: number) => {
  const time = virtualTime();
  const scheduler = postScheduler(time);
  const limits = { postsPerSecond: limit, burst: 1 };
  const open = (until = Number.POSITIVE_INFINITY) => scheduler.open({ limits, until });
  const begun: [string, number][] = [];
  const post = (name: string) => async (): Promise<PostOutcome> => {
    begun.push([name, time.clock() - START]);
    return 'delivered';
  };
  return { time, scheduler, open, begun, post };
};

it('the queues of one process share one rate in turn, so that a small room does not wait for a large one', async () => {
  const { time, open, begun, post } = both(10);
  const [large, small] = [open(), open()];
  const calls = numbers(6).map(() => large.run(post('large')));
  calls.push(...numbers(2).map(() => small.run(post('small'))));
  await time.run(Promise.all(calls));
  expect(begun).toEqual([
    ['large', 0],
    ['large', 100],
    ['small', 200],
    ['large', 300],
    ['small', 400],
    ['large', 500],
    ['large', 600],
    ['large', 700],
  ]);
});

it('the queues of one process share the limit of calls in flight', async () => {
  const { open, scheduler } = both(1_000_000);
  let begun = 0;
  const hang = () => {
    begun += 1;
    return new Promise<PostOutcome>(() => undefined);
  };
  const limits = { postsPerSecond: 1_000_000, burst: 1_000_000 };
  const queues = [open(), scheduler.open({ limits, until: Number.POSITIVE_INFINITY })];
  for (const queue of queues) for (const _ of numbers(100)) void queue.run(hang);
  await setImmediate();
  expect(begun).toBe(128);
});

it('the queues of one process end at their own deadlines', async () => {
  const { time, open, begun, post } = both(2);
  const [short, long] = [open(START + 700), open()];
  const outcomes = Promise.all([...numbers(3).map(() => short.run(post('short'))), long.run(post('long'))]);
  expect(await time.run(outcomes)).toEqual(['delivered', 'delivered', 'not_sent', 'delivered']);
  expect(begun).toEqual([
    ['short', 0],
    ['short', 500],
    ['long', 1_000],
  ]);
});

it('a queue starts with the rate that 429 taught an earlier queue, and recovers within seconds', async () => {
  const { time, scheduler } = both(1);
  const limits = { postsPerSecond: 10_000, burst: 5_000 };
  const until = Number.POSITIVE_INFINITY;
  const first = scheduler.open({ limits, until });
  const refused = async (): Promise<PostOutcome> => {
    await time.sleep(100);
    return 'throttled';
  };
  await time.run(Promise.all(numbers(300).map(() => first.run(refused))));
  first.close();
  scheduler.open({ limits, until });
  expect(scheduler.isCongested()).toBe(true);
  expect(scheduler.postsPerSecond(10_000)).toBeLessThan(200);
  await time.advance(4_000);
  expect([scheduler.isCongested(), scheduler.postsPerSecond(10_000)]).toEqual([false, 10_000]);
});

it('the queues of one process share the largest of their limits', async () => {
  const { time, scheduler, begun, post } = both(1);
  const until = Number.POSITIVE_INFINITY;
  const part = scheduler.open({ limits: { postsPerSecond: 10, burst: 1 }, until });
  const whole = scheduler.open({ limits: { postsPerSecond: 100, burst: 1 }, until });
  await time.run(Promise.all(numbers(11).map(() => part.run(post('part')))));
  expect(begun.at(-1)).toEqual(['part', 100]);
  whole.close();
  await time.run(Promise.all(numbers(2).map(() => part.run(post('part')))));
  expect(begun.at(-1)).toEqual(['part', 300]);
});

/** API Gateway with a quota, after 15 ms. */
function quota(time: VirtualTime, perSecond: number) {
  let tokens = perSecond / 2;
  let at = time.clock();
  const answers = { delivered: 0, throttled: 0 };
  const post = async (): Promise<PostOutcome> => {
    tokens = Math.min(perSecond / 2, tokens + ((time.clock() - at) / 1000) * perSecond);
    at = time.clock();
    const outcome = tokens >= 1 ? 'delivered' : 'throttled';
    if (outcome === 'delivered') tokens -= 1;
    await time.sleep(15);
    answers[outcome] += 1;
    return outcome;
  };
  return { post, answers };
}

it('with a quota of a quarter of the limit the post scheduler uses up the quota with few refusals', async () => {
  const time = virtualTime();
  const queue = postScheduler(time).open({
    limits: { postsPerSecond: 8_000, burst: 4_000 },
    until: Number.POSITIVE_INFINITY,
  });
  const { post, answers } = quota(time, 2_000);
  const untilDelivered = async () => {
    while ((await queue.run(post)) !== 'delivered') await time.sleep(50);
  };
  const started = time.clock();
  await time.run(Promise.all(numbers(5_000).map(untilDelivered)));
  const seconds = (time.clock() - started) / 1000;
  // At best: the burst of 1,000 at once, and 2,000 a second after it.
  const best = (5_000 - 1_000) / 2_000;
  expect(answers.delivered).toBe(5_000);
  expect(seconds).toBeLessThan(best * 1.25);
  expect(answers.throttled).toBeLessThan(5_000 * 0.3);
});

it('if everything is refused the post scheduler makes few posts, and recovers soon after the quota is back', async () => {
  const time = virtualTime();
  const queue = postScheduler(time).open({
    limits: { postsPerSecond: 1_000, burst: 500 },
    until: Number.POSITIVE_INFINITY,
  });
  let isOver = false;
  const answers = { before: 0, after: 0 };
  const untilDelivered = async () => {
    for (;;) {
      const outcome = await queue.run(async () => {
        answers[isOver ? 'after' : 'before'] += 1;
        await time.sleep(15);
        return isOver ? 'delivered' : 'throttled';
      });
      if (outcome === 'delivered') return;
      await time.sleep(50);
    }
  };
  const all = Promise.all(numbers(1_000).map(untilDelivered));
  await time.advance(10_000);
  // A burst of 500, then a hundredth of the limit and what it grows by until it is lowered again.
  expect(answers.before).toBeLessThan(500 + 10 * 60);
  isOver = true;
  const overAt = time.clock();
  await time.run(all);
  expect(time.clock() - overAt).toBeLessThan(5_000);
});
