import { addResults, type BroadcastResult, NOTHING_DONE } from '../broadcast-result.ts';
import type { BroadcastSlice, InvokeWorker, MembersPage, PostLimits } from '../ports.ts';
import { type BroadcastSliceDeps, broadcastSlice } from './broadcast-slice.ts';
import { estimateMembers, functionsFor, MEMBERS_PER_SLICE, splitRoom, WHOLE_ROOM } from './room-slice.ts';

/**
 * The bucket of an account holds half a second of its quota, and no more than this however much the quota was raised.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
 */
const MAX_BURST = 5_000;

const TO_RETRY: BroadcastResult = { ...NOTHING_DONE, status: 'retry' };

export interface BroadcastDeps extends BroadcastSliceDeps {
  invokeWorker: InvokeWorker;
  /** How many calls this broadcast may make a second, over all functions. */
  postsPerSecond: number;
  /** @default MEMBERS_PER_SLICE */
  membersPerSlice?: number;
}

/** What a room is sent, and the first page of its members. */
export interface Broadcast {
  roomId: string;
  /** The events' own frames, in order; not empty. */
  frames: readonly string[];
  first: MembersPage;
}

/**
 * Sends frames to every member of a room, to each in order; of a large one, workers do equal parts. Throws only while
 * nobody has been sent anything.
 */
export async function broadcast(
  deps: BroadcastDeps,
  { roomId, frames, first }: Broadcast,
): Promise<BroadcastResult> {
  const startedAt = deps.clock();
  const [own, ...others] = slicesOf(deps, first);
  const limits = limitsFor(deps.postsPerSecond, 1 + others.length);
  const work = others.map((part) => ({ roomId, part, frames, limits }));
  // A function has one core: what comes back to it is done after its own part, at the same pace.
  let last: Promise<unknown> = Promise.resolve();
  const runLocally = (mine: BroadcastSlice, page?: MembersPage) => {
    const done = last.then(() =>
      broadcastSlice(deps, mine, { startedAt, ...(page !== undefined && { first: page }) }),
    );
    last = done.catch(() => undefined);
    return done;
  };
  const ownPage = { members: first.members, rest: first.rest && own };
  const results = await Promise.allSettled([
    runLocally({ roomId, part: own, frames, limits }, ownPage),
    ...work.map((part) => runOnWorker(deps, part, runLocally)),
  ]);
  return sumUp(deps, roomId, results);
}

/** The limits are divided once and for all: functions that run at the same time know nothing of each other. */
function limitsFor(postsPerSecond: number, functions: number): PostLimits {
  const burst = Math.min(MAX_BURST, postsPerSecond / 2);
  return { postsPerSecond: postsPerSecond / functions, burst: burst / functions };
}

/** Decides by its first page in how many parts a room is served. */
function slicesOf(
  { postsPerSecond, membersPerSlice = MEMBERS_PER_SLICE }: BroadcastDeps,
  first: MembersPage,
): ReturnType<typeof splitRoom> {
  if (first.rest === undefined) return [WHOLE_ROOM];
  return splitRoom(first.rest, functionsFor(estimateMembers(first), postsPerSecond, membersPerSlice));
}

/**
 * Has a worker do a part. What it has not begun, or will certainly not finish, is done here. Some members of a worker
 * that died may have got the frames: they get them twice, with the same numbers, which is better than never.
 */
async function runOnWorker(
  { invokeWorker, log }: BroadcastDeps,
  work: BroadcastSlice,
  runLocally: (work: BroadcastSlice) => Promise<BroadcastResult>,
): Promise<BroadcastResult> {
  const { roomId } = work;
  const handed = await invokeWorker(work);
  if (handed.outcome === 'done') return handed.result;
  if (handed.outcome === 'unknown') {
    // It may be at work still, and it may have died before it began: nobody can tell, so the room must be sent this again.
    log('worker_not_answered', { roomId, error: handed.error });
    return TO_RETRY;
  }
  log('worker_failed', { roomId, error: handed.error });
  try {
    return { ...(await runLocally(work)), functions: 0 };
  } catch (error) {
    if (handed.outcome === 'not_run') throw error;
    // Whoever died may have posted: it must not look as if nobody had been sent anything.
    log('delivery_cut_short', { roomId, error });
    return TO_RETRY;
  }
}

function sumUp(
  { log }: BroadcastDeps,
  roomId: string,
  parts: readonly PromiseSettledResult<BroadcastResult>[],
): BroadcastResult {
  const results = parts.flatMap((part) => (part.status === 'fulfilled' ? [part.value] : []));
  const errors = parts.flatMap((part) => (part.status === 'rejected' ? [part.reason] : []));
  const sum = results.reduce(addResults, NOTHING_DONE);
  if (errors.length === 0) return sum;
  // A part throws before its first post: if no other has posted, or may have, nobody has been sent anything.
  if (sum.posts === 0 && sum.status === 'complete') throw errors[0];
  for (const error of errors) log('delivery_cut_short', { roomId, error });
  return addResults(sum, TO_RETRY);
}
