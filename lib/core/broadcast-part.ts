import { type BroadcastResult, NOTHING_DONE } from './broadcast-result.ts';
import { forEachConcurrently } from './for-each-concurrently.ts';
import { membersOf } from './members-of.ts';
import { createPace } from './pace.ts';
import type { ConnectionDeps, Gateway, MembersPage, PartOfBroadcast, PostOutcome } from './ports.ts';
import { type ServeDeps, serveMember } from './serve-member.ts';

/**
 * How long a broadcast goes on, from its start. Who has not been served by then is not: Lambda repeats a function that
 * was cut off, and then everybody would get the event again.
 */
export const BROADCAST_BUDGET_MS = 20_000;

/** Members in hand at a time: posted to, waiting for their turn or for a retry. It bounds memory, and no more. */
const MEMBERS_IN_HAND = 1_024;

export type BroadcastPartDeps = ConnectionDeps & Pick<ServeDeps, 'onError'>;

/**
 * Sends one frame to every member of a part of a room. Throws only while nobody of the part has been sent anything:
 * whoever calls may do again what throws, and nobody gets the event twice.
 */
export async function broadcastPart(
  deps: BroadcastPartDeps,
  { roomId, part, frame, limits }: PartOfBroadcast,
  { startedAt = deps.clock(), first = deps.store.readMembers(roomId, part) }: Begun = {},
): Promise<BroadcastResult> {
  const result: BroadcastResult = { ...NOTHING_DONE, functions: 1 };
  const until = startedAt + BROADCAST_BUDGET_MS;
  const checkTime = () => {
    if (deps.clock() >= until) throw new Error('the time of this broadcast is up');
  };
  const serving = pacedDeps(deps, { frame, limits, until, result });
  let begun = false;
  try {
    const members = membersOf(deps.store, roomId, first, checkTime);
    await forEachConcurrently(members, MEMBERS_IN_HAND, async (member) => {
      checkTime();
      begun = true;
      result[await serveMember(serving, roomId, member, until)] += 1;
    });
  } catch (error) {
    if (!begun) throw error;
    result.complete = false;
    deps.onError('not every member was reached', error);
  }
  return result;
}

/** What has been done already, where a room turned out to be larger than one part. */
export interface Begun {
  startedAt?: number;
  /** The first page, with the rest that is left to this part. */
  first?: MembersPage | Promise<MembersPage>;
}

/** Everything that calls API Gateway, at one common pace, and counted. */
function pacedDeps(
  deps: BroadcastPartDeps,
  options: Pick<PartOfBroadcast, 'frame' | 'limits'> & { until: number; result: BroadcastResult },
): ServeDeps {
  const { frame, limits, until, result } = options;
  const pace = createPace(deps, limits);
  const counted = async (call: Promise<PostOutcome>) => {
    result.posts += 1;
    const outcome = await call;
    if (outcome === 'throttled') result.throttled += 1;
    result.lastPostAt = deps.clock();
    return outcome;
  };
  const gateway: Gateway = {
    post: (connectionId, bytes) => pace.run(() => counted(deps.gateway.post(connectionId, bytes))),
    close: (connectionId) => pace.run(() => counted(deps.gateway.close(connectionId))),
  };
  return {
    ...deps,
    gateway,
    post: ({ connectionId }, mayStill) =>
      pace.run(async () =>
        mayStill() && deps.clock() < until ? counted(deps.gateway.post(connectionId, frame)) : 'refused',
      ),
  };
}
