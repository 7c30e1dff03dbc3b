import { addResults, type BroadcastResult, NOTHING_DONE } from '../broadcast-result.ts';
import type { BroadcastWork, InvokeWorker, MembersPage, PostLimits } from '../ports.ts';
import { type BroadcastSliceDeps, broadcastSlice } from './broadcast-slice.ts';
import { estimateMembers, functionsFor, MEMBERS_PER_SLICE, splitRoom, WHOLE_ROOM } from './room-slice.ts';

/**
 * The token bucket of an account holds half a second of its quota, and at most this much, however high the quota is.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
 */
const MAX_BURST = 5_000;

const TO_RETRY: BroadcastResult = { ...NOTHING_DONE, status: 'retry' };

export interface BroadcastDeps extends BroadcastSliceDeps {
  invokeWorker: InvokeWorker;
  /** Calls a second that this broadcast may make, all functions together. */
  postsPerSecond: number;
  /** @default MEMBERS_PER_SLICE */
  membersPerSlice?: number;
}

/** The frames for a room, and the first page of its members. */
export interface Broadcast {
  roomId: string;
  /** One frame an event, in order; not empty. */
  frames: readonly string[];
  firstPage: MembersPage;
}

/**
 * Sends frames to every member of a room, to each in order. Workers deliver equal slices of a large room. Throws only if
 * no member was sent anything.
 */
export async function broadcast(
  deps: BroadcastDeps,
  { roomId, frames, firstPage }: Broadcast,
): Promise<BroadcastResult> {
  const startedAt = deps.clock();
  const [own, ...others] = slicesOf(deps, firstPage);
  const limits = limitsFor(deps.postsPerSecond, 1 + others.length);
  const work = others.map((slice) => ({ roomId, slice, frames, limits }));
  // One slice at a time: a function has one core. Slices that no worker delivered come after its own.
  let last: Promise<unknown> = Promise.resolve();
  const runLocally = (mine: BroadcastWork, page?: MembersPage) => {
    const done = last.then(() =>
      broadcastSlice(deps, mine, { startedAt, ...(page !== undefined && { firstPage: page }) }),
    );
    last = done.catch(() => undefined);
    return done;
  };
  const ownPage = { members: firstPage.members, rest: firstPage.rest && own };
  const results = await Promise.allSettled([
    runLocally({ roomId, slice: own, frames, limits }, ownPage),
    ...work.map((ofWorker) => runOnWorker(deps, ofWorker, runLocally)),
  ]);
  return sumUp(deps, roomId, results);
}

/** The share of the limits for one function. Fixed for the broadcast: functions that run at the same time share no state. */
function limitsFor(postsPerSecond: number, functions: number): PostLimits {
  const burst = Math.min(MAX_BURST, postsPerSecond / 2);
  return { postsPerSecond: postsPerSecond / functions, burst: burst / functions };
}

/** Divides a room into slices, one a function. The first page tells how large the room is. */
function slicesOf(
  { postsPerSecond, membersPerSlice = MEMBERS_PER_SLICE }: BroadcastDeps,
  firstPage: MembersPage,
): ReturnType<typeof splitRoom> {
  if (firstPage.rest === undefined) return [WHOLE_ROOM];
  return splitRoom(firstPage.rest, functionsFor(estimateMembers(firstPage), postsPerSecond, membersPerSlice));
}

/**
 * Invokes a worker for a slice. Delivers the slice in this process if the worker did not start or has died. Members that
 * a dead worker posted to get the frames twice, with the same numbers; clients drop the repeats.
 */
async function runOnWorker(
  { invokeWorker, log }: BroadcastDeps,
  work: BroadcastWork,
  runLocally: (work: BroadcastWork) => Promise<BroadcastResult>,
): Promise<BroadcastResult> {
  const { roomId } = work;
  const worker = await invokeWorker(work);
  if (worker.outcome === 'done') return worker.result;
  if (worker.outcome === 'unknown') {
    // The worker may still be posting, or may never have started: the whole delivery must be retried later.
    log('worker_not_answered', { roomId, error: worker.error });
    return TO_RETRY;
  }
  log('worker_failed', { roomId, error: worker.error });
  try {
    return { ...(await runLocally(work)), functions: 0 };
  } catch (error) {
    if (worker.outcome === 'not_run') throw error;
    // The dead worker may have posted, so this must not throw: a throw means that no member was sent anything.
    log('delivery_cut_short', { roomId, error });
    return TO_RETRY;
  }
}

function sumUp(
  { log }: BroadcastDeps,
  roomId: string,
  slices: readonly PromiseSettledResult<BroadcastResult>[],
): BroadcastResult {
  const results = slices.flatMap((slice) => (slice.status === 'fulfilled' ? [slice.value] : []));
  const errors = slices.flatMap((slice) => (slice.status === 'rejected' ? [slice.reason] : []));
  const sum = results.reduce(addResults, NOTHING_DONE);
  if (errors.length === 0) return sum;
  // A slice throws only before its first post. If no other slice has posted, or may have, no member was sent anything.
  if (sum.posts === 0 && sum.status === 'complete') throw errors[0];
  for (const error of errors) log('delivery_cut_short', { roomId, error });
  return addResults(sum, TO_RETRY);
}
