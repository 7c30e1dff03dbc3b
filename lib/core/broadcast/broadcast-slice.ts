import { type BroadcastResult, NOTHING_DONE, worse } from '../broadcast-result.ts';
import type { BroadcastWork, ConnectionDeps, MembersPage, Store } from '../ports.ts';
import { retryUntil } from '../retry-call.ts';
import type { MemberDeliveryDeps } from './deliver-to-member.ts';
import { encodeFrames } from './deliver-to-member.ts';
import { type SlowReaders, slowReaders } from './post-rate.ts';
import { type PostQueue, type PostScheduler, postScheduler } from './post-scheduler.ts';
import { memberDelivery, OutOfTime } from './post-to-members.ts';
import { memberPages } from './room-slice.ts';

/**
 * How long a broadcast may take, from its start. Milliseconds. No post starts after this. A room that cannot be finished
 * in this time is not retried, or it would be retried forever. Members that were left out see the gap by the next
 * frame's `prev`.
 */
export const BROADCAST_BUDGET_MS = 20_000;

/** The state that a process keeps between its broadcasts. */
export interface PostingProcess {
  scheduler: PostScheduler;
  slowReaders: SlowReaders;
}

/** Made once per cold start. */
export function postingProcess(time: Pick<ConnectionDeps, 'clock' | 'sleep'>): PostingProcess {
  return { scheduler: postScheduler(time), slowReaders: slowReaders() };
}

export type BroadcastSliceDeps = ConnectionDeps & PostingProcess;

/** What the caller did already before it divided a room into slices. */
interface Started {
  /** When the broadcast started, if before this call. Epoch milliseconds. */
  startedAt?: number;
  /** The first page of members, whose `rest` is the rest of this slice. */
  firstPage?: MembersPage;
}

/**
 * Sends frames to every member of a slice of a room, to each in order. Throws only if no member of the slice was sent
 * anything, so the caller may repeat a call that threw without sending a frame twice.
 */
export async function broadcastSlice(
  deps: BroadcastSliceDeps,
  work: BroadcastWork,
  { startedAt = deps.clock(), firstPage }: Started = {},
): Promise<BroadcastResult> {
  const result: BroadcastResult = { ...NOTHING_DONE, functions: 1 };
  const until = startedAt + BROADCAST_BUDGET_MS;
  const queue = queueOf(deps, work, until, result);
  try {
    await deliverToAll(deps, work, { queue, until, result, firstPage });
  } finally {
    queue.close();
  }
  return result;
}

interface SliceDelivery {
  queue: PostQueue;
  until: number;
  result: BroadcastResult;
  firstPage: MembersPage | undefined;
}

async function deliverToAll(
  deps: BroadcastSliceDeps,
  work: BroadcastWork,
  { queue, until, result, firstPage }: SliceDelivery,
): Promise<void> {
  const { roomId, slice } = work;
  const checkTime = () => {
    if (deps.clock() >= until) throw new OutOfTime();
  };
  const delivery = memberDelivery(memberDepsOf(queue, deps, work, until, result), queue, result);
  try {
    checkTime();
    const first = firstPage ?? deps.store.readMembers(roomId, slice);
    // Only reading the first page may throw: after it, members have been sent frames.
    const readMembers: Store['readMembers'] = (...page) =>
      retryUntil(deps, until, () => deps.store.readMembers(...page));
    for await (const members of memberPages({ readMembers }, roomId, first)) {
      // For pages without members, too: a room that many have left has many of them.
      checkTime();
      await delivery.start(members);
    }
  } catch (error) {
    if (!delivery.hasStarted) throw error;
    result.status = worse(result.status, error instanceof OutOfTime ? 'out_of_time' : 'retry');
    deps.log('delivery_cut_short', { roomId, error });
  }
  await delivery.end();
}

/** Opens one queue for all calls to API Gateway of this broadcast, and counts the calls in its result. */
function queueOf(
  { scheduler }: BroadcastSliceDeps,
  { limits }: BroadcastWork,
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

function memberDepsOf(
  queue: PostQueue,
  deps: BroadcastSliceDeps,
  { roomId, frames }: BroadcastWork,
  until: number,
  result: BroadcastResult,
): MemberDeliveryDeps {
  const { gateway, scheduler, slowReaders: slow } = deps;
  // Closing a member, and the error frame before it, has the priority of a retry.
  const asRetry = { isRetry: true };
  return {
    ...deps,
    roomId,
    frames: encodeFrames(frames),
    until,
    isDeliveringToOthers: () => !scheduler.isCongested() && result.delivered > 0,
    gateway: {
      post: (connectionId, bytes) => queue.run(() => gateway.post(connectionId, bytes), asRetry),
      close: (connectionId) => queue.run(() => gateway.close(connectionId), asRetry),
    },
    post: (connectionId, frame, isRetry, isStillWanted) =>
      queue.run(() => (isStillWanted() ? gateway.post(connectionId, frame) : 'not_sent'), {
        isRetry,
        isSlowReader: slow.has(connectionId),
      }),
  };
}
