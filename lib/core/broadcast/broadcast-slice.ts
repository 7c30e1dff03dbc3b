import { type BroadcastResult, NOTHING_DONE, worse } from '../broadcast-result.ts';
import type { BroadcastSlice, ConnectionDeps, MembersPage, Store } from '../ports.ts';
import { retryUntil } from '../retry.ts';
import type { MemberDeliveryDeps } from './deliver-to-member.ts';
import { encodeFrames } from './deliver-to-member.ts';
import { memberDelivery, TimeIsUp } from './deliver-to-members.ts';
import { type SlowReaders, slowReaders } from './post-rate.ts';
import { type PostQueue, type PostScheduler, postScheduler } from './post-scheduler.ts';
import { memberPages } from './room-slice.ts';

/**
 * How long a broadcast goes on, from its start. Who has not been served by then is not: what a room can be sent in this
 * time it is sent at all, or it would be begun again for ever. Who is left out finds out by the next frame's `prev`.
 */
export const BROADCAST_BUDGET_MS = 20_000;

/** What a process keeps between its broadcasts. */
export interface PostingProcess {
  scheduler: PostScheduler;
  slowReaders: SlowReaders;
}

/** Made once per cold start. */
export function postingProcess(time: Pick<ConnectionDeps, 'clock' | 'sleep'>): PostingProcess {
  return { scheduler: postScheduler(time), slowReaders: slowReaders() };
}

export type BroadcastSliceDeps = ConnectionDeps & PostingProcess;

/** What has been done already, where a room turned out to be larger than one part. */
interface Begun {
  startedAt?: number;
  /** The first page, with the rest that is left to this part. */
  first?: MembersPage;
}

/**
 * Sends frames to every member of a part of a room, to each in order. Throws only while nobody of the part has been sent
 * anything: whoever calls may do again what throws, and nobody gets a frame twice.
 */
export async function broadcastSlice(
  deps: BroadcastSliceDeps,
  work: BroadcastSlice,
  { startedAt = deps.clock(), first }: Begun = {},
): Promise<BroadcastResult> {
  const result: BroadcastResult = { ...NOTHING_DONE, functions: 1 };
  const until = startedAt + BROADCAST_BUDGET_MS;
  const queue = queueOf(deps, work, until, result);
  try {
    await serveAll(deps, work, { queue, until, result, first });
  } finally {
    queue.close();
  }
  return result;
}

interface Serve {
  queue: PostQueue;
  until: number;
  result: BroadcastResult;
  first: MembersPage | undefined;
}

async function serveAll(
  deps: BroadcastSliceDeps,
  work: BroadcastSlice,
  { queue, until, result, first }: Serve,
): Promise<void> {
  const { roomId, part } = work;
  const checkTime = () => {
    if (deps.clock() >= until) throw new TimeIsUp();
  };
  const serving = memberDelivery(serveDepsOf(queue, deps, work, until, result), queue, result);
  try {
    checkTime();
    const firstPage = first ?? deps.store.readMembers(roomId, part);
    // Only the first page may fail: behind it, somebody has been sent something.
    const readMembers: Store['readMembers'] = (...page) =>
      retryUntil(deps, until, () => deps.store.readMembers(...page));
    for await (const members of memberPages({ readMembers }, roomId, firstPage)) {
      // Also where nobody is on: a room that many have left is many such pages.
      checkTime();
      await serving.serve(members);
    }
  } catch (error) {
    if (!serving.begun) throw error;
    result.status = worse(result.status, error instanceof TimeIsUp ? 'out_of_time' : 'retry');
    deps.log('delivery_cut_short', { roomId, error });
  }
  await serving.end();
}

/** One queue for everything that calls API Gateway; it counts the calls. */
function queueOf(
  { scheduler }: BroadcastSliceDeps,
  { limits }: BroadcastSlice,
  until: number,
  result: BroadcastResult,
): PostQueue {
  return scheduler.open({
    limits,
    until,
    onAnswer(outcome) {
      result.posts += 1;
      if (outcome === 'throttled') result.throttled += 1;
    },
  });
}

function serveDepsOf(
  queue: PostQueue,
  deps: BroadcastSliceDeps,
  { roomId, frames }: BroadcastSlice,
  until: number,
  result: BroadcastResult,
): MemberDeliveryDeps {
  const { gateway, scheduler, slowReaders: slow } = deps;
  // To close somebody, or to tell why, is no more urgent than a retry.
  const retry = { isRetry: true };
  return {
    ...deps,
    roomId,
    frames: encodeFrames(frames),
    until,
    othersGetThrough: () => !scheduler.isCongested() && result.delivered > 0,
    gateway: {
      post: (connectionId, bytes) => queue.run(() => gateway.post(connectionId, bytes), retry),
      close: (connectionId) => queue.run(() => gateway.close(connectionId), retry),
    },
    post: (connectionId, frame, isRetry, mayStill) =>
      queue.run(() => (mayStill() ? gateway.post(connectionId, frame) : 'not_sent'), {
        isRetry,
        isSlowReader: slow.has(connectionId),
      }),
  };
}
