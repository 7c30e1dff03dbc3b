import { type BroadcastResult, NOTHING_DONE } from './broadcast-result.ts';
import { encodeFrames } from './member-frames.ts';
import { memberPages } from './member-pages.ts';
import { createPace, type Pace } from './pace.ts';
import { persistently } from './persistently.ts';
import type { ConnectionDeps, MembersPage, PartOfBroadcast, Store } from './ports.ts';
import type { ServeDeps } from './serve-member.ts';
import { createServing, TimeIsUp } from './serving.ts';

/**
 * How long a broadcast goes on, from its start. Who has not been served by then is not: what a room can be sent in this
 * time it is sent at all, or it would be begun again for ever. Who is left out finds out by the next frame's `prev`.
 */
export const BROADCAST_BUDGET_MS = 20_000;

export type BroadcastPartDeps = ConnectionDeps & Pick<ServeDeps, 'onError'>;

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
export async function broadcastPart(
  deps: BroadcastPartDeps,
  work: PartOfBroadcast,
  { startedAt = deps.clock(), first }: Begun = {},
): Promise<BroadcastResult> {
  const { roomId, part } = work;
  const result: BroadcastResult = { ...NOTHING_DONE, functions: 1 };
  const until = startedAt + BROADCAST_BUDGET_MS;
  const checkTime = () => {
    if (deps.clock() >= until) throw new TimeIsUp();
  };
  const pace = paceOf(deps, work, until, result);
  const serving = createServing(atPace(pace, deps, work, until), pace, result);
  try {
    checkTime();
    const firstPage = first ?? deps.store.readMembers(roomId, part);
    // Only the first page may fail: behind it, somebody has been sent something.
    const readMembers: Store['readMembers'] = (...page) =>
      persistently(deps, until, () => deps.store.readMembers(...page));
    for await (const members of memberPages({ readMembers }, roomId, firstPage)) {
      // Also where nobody is on: a room that many have left is many such pages.
      checkTime();
      await serving.serve(members);
    }
  } catch (error) {
    if (!serving.begun) throw error;
    result.complete = false;
    result.interrupted ||= !(error instanceof TimeIsUp);
    deps.onError('not every member was reached', error);
  }
  await serving.end();
  return result;
}

/** One pace for everything that calls API Gateway; it counts the calls. */
function paceOf(
  deps: BroadcastPartDeps,
  { limits }: PartOfBroadcast,
  until: number,
  result: BroadcastResult,
): Pace {
  return createPace(deps, {
    limits,
    until,
    onAnswer(outcome) {
      result.posts += 1;
      if (outcome === 'throttled') result.throttled += 1;
    },
  });
}

function atPace(
  pace: Pace,
  deps: BroadcastPartDeps,
  { roomId, frames }: PartOfBroadcast,
  until: number,
): ServeDeps {
  const { gateway } = deps;
  return {
    ...deps,
    roomId,
    frames: encodeFrames(frames),
    until,
    gateway: {
      // To close somebody is no more urgent than a retry.
      post: (connectionId, bytes) => pace.run(() => gateway.post(connectionId, bytes), true),
      close: (connectionId) => pace.run(() => gateway.close(connectionId), true),
    },
    post: (connectionId, frame, attempt, mayStill) =>
      pace.run(() => (mayStill() ? gateway.post(connectionId, frame) : 'refused'), attempt > 0),
  };
}
