import { expect, it } from 'vitest';
import { POSITIONS } from '../../../lib/core/broadcast/room-slice.ts';
import { NOTHING_DONE } from '../../../lib/core/broadcast-result.ts';
import type { BroadcastWork, InvokeWorker, WorkerResult } from '../../../lib/core/ports.ts';
import { frame, member, type Page, roomWith } from './room-in-pages.ts';

/** Ten pages of 700 each: an estimate of 7,000, worth two functions. */
const pages = (...differences: [number, Page][]): Page[] => {
  const all: Page[] = Array.from({ length: 10 }, (_, page) =>
    Array.from({ length: 700 }, (__, index) => member(`${page}.${index}`)),
  );
  for (const [index, page] of differences) all[index] = page;
  return all;
};

const workerDid = {
  ...NOTHING_DONE,
  delivered: 3_500,
  gone: 1,
  posts: 3_501,
  functions: 1,
  lastDeliveryAt: 9e12,
};

/** A worker that comes to this, and what was handed to it. */
function worker(...outcomes: (WorkerResult | ((work: BroadcastWork) => Promise<WorkerResult>))[]) {
  const handed: BroadcastWork[] = [];
  const invokeWorker: InvokeWorker = async (work) => {
    const outcome = outcomes[handed.length] ?? outcomes[0];
    handed.push(work);
    if (outcome === undefined) throw new Error('no outcome');
    return typeof outcome === 'function' ? outcome(work) : outcome;
  };
  return { handed, invokeWorker };
}

const didIt: WorkerResult = { outcome: 'done', result: workerDid };
const failed = (outcome: 'not_run' | 'died' | 'unknown'): WorkerResult => ({
  outcome,
  error: new Error(outcome),
});

it('a large room is divided between the broadcaster and a worker, which share the rate, and their results are added', async () => {
  const { handed, invokeWorker } = worker(didIt);
  const room = roomWith({ invokeWorker, postsPerSecond: 9_000 }, ...pages());
  const result = await room.send();
  expect(handed).toHaveLength(1);
  expect(handed[0]).toMatchObject({
    roomId: 'r',
    slice: { to: POSITIONS },
    frames: [frame],
    limits: { postsPerSecond: 4_500, burst: 2_250 },
  });
  expect((handed[0]?.slice.from ?? 0) / POSITIONS).toBeCloseTo(0.5, 5);
  expect(result).toMatchObject({ gone: 1, functions: 2, status: 'complete', lastDeliveryAt: 9e12 });
  expect(result.delivered).toBe(room.gateway.frames.length + 3_500);
  expect(result.posts).toBe(room.gateway.frames.length + 3_501);
});

it('a large room has no greater burst than an account, however high its quota, divided between the functions', async () => {
  const { handed, invokeWorker } = worker(didIt);
  await roomWith({ invokeWorker, postsPerSecond: 50_000 }, ...pages()).send();
  expect(handed[0]?.limits).toEqual({ postsPerSecond: 25_000, burst: 2_500 });
});

it('the broadcaster of a large room posts nothing twice, and nothing that its worker posts', async () => {
  const { invokeWorker } = worker(didIt);
  const room = roomWith({ invokeWorker }, ...pages());
  await room.send();
  const served = room.gateway.frames.map(({ connectionId }) => connectionId);
  expect(new Set(served).size).toBe(served.length);
  expect(served.filter((id) => /^[0-4]\./.test(id))).toHaveLength(3_500);
  expect(served.filter((id) => /^[5-9]\./.test(id))).toEqual([]);
});

it.each(['not_run', 'died'] as const)(
  'the broadcaster itself serves the slice of a worker with the outcome %s, after its own slice',
  async (outcome) => {
    const { invokeWorker } = worker(failed(outcome));
    const room = roomWith({ invokeWorker }, ...pages());
    const result = await room.send();
    expect(result).toMatchObject({ functions: 1, status: 'complete' });
    const served = room.gateway.frames.map(({ connectionId }) => connectionId);
    expect(new Set(served).size).toBe(7_000);
    expect(served.indexOf('9.699')).toBeGreaterThan(served.indexOf('5.0'));
    expect(room.errors).toEqual(['worker_failed']);
  },
);

it('the broadcaster does not serve the slice of a worker without an answer, because the worker may still run', async () => {
  const { invokeWorker } = worker(failed('unknown'));
  const room = roomWith({ invokeWorker }, ...pages());
  expect(await room.send()).toMatchObject({ functions: 1, status: 'retry' });
  expect(room.gateway.frames.filter(({ connectionId }) => /^[5-9]\./.test(connectionId))).toEqual([]);
  expect(room.errors).toEqual(['worker_not_answered']);
});

it('the slice of a worker that dies when the time is up is not served', async () => {
  const { invokeWorker } = worker(async () => {
    await room.time.sleep(20_000);
    return failed('died');
  });
  const room = roomWith({ invokeWorker }, ...pages());
  expect(await room.send()).toMatchObject({ status: 'retry' });
  expect(room.gateway.frames.filter(({ connectionId }) => /^[5-9]\./.test(connectionId))).toEqual([]);
  expect(room.errors).toEqual(['worker_failed', 'delivery_cut_short']);
});

const unreadable = pages(
  ...Array.from({ length: 9 }, (_, index): [number, Page] => [index + 1, new Error('Query')]),
);
const empty = [
  Array.from({ length: 700 }, (_, index) => member(`0.${index}`, { tokenExpiresAt: 0 })),
  ...unreadable.slice(1),
];

it('a large room that cannot be read further has the status retry if the first page has been posted', async () => {
  const { invokeWorker } = worker(failed('died'));
  const room = roomWith({ invokeWorker }, ...unreadable);
  expect(await room.send()).toMatchObject({ delivered: 700, status: 'retry' });
});

it('a large room that cannot be read further has the status retry if a worker died that may have posted', async () => {
  const { invokeWorker } = worker(failed('died'));
  const room = roomWith({ invokeWorker }, ...empty);
  expect(await room.send()).toMatchObject({ posts: 0, status: 'retry' });
});

it('a large room that cannot be read further throws if no worker ran, because nothing was sent', async () => {
  const { invokeWorker } = worker(failed('not_run'));
  const room = roomWith({ invokeWorker }, ...empty);
  await expect(room.send()).rejects.toThrow(new Error('Query'));
});

it('a large room that cannot be read further has the status retry if only the worker has posted', async () => {
  const { invokeWorker } = worker(didIt);
  const room = roomWith({ invokeWorker }, ...empty);
  expect(await room.send()).toMatchObject({ delivered: 3_500, status: 'retry' });
});
