import { type BroadcastResult, NOTHING_DONE } from './broadcast-result.ts';
import { memberPages } from './member-pages.ts';
import { createPace, type Pace } from './pace.ts';
import type { ConnectionDeps, MembersPage, PartOfBroadcast, PostOutcome } from './ports.ts';
import { type ServeDeps, serveMember } from './serve-member.ts';
import { taskGroup } from './task-group.ts';

/**
 * How long a broadcast goes on, from its start. Who has not been served by then is not: Lambda repeats a function that
 * was cut off, and then everybody would get the event again.
 */
export const BROADCAST_BUDGET_MS = 20_000;

/** Members in hand at a time: posted to, or waiting for a retry. It bounds memory, and no more. */
const MEMBERS_IN_HAND = 2_048;

export type BroadcastPartDeps = ConnectionDeps & Pick<ServeDeps, 'onError'>;

/**
 * Sends one frame to every member of a part of a room. Throws only while nobody of the part has been sent anything:
 * whoever calls may do again what throws, and nobody gets the event twice.
 */
export async function broadcastPart(
  deps: BroadcastPartDeps,
  { roomId, part, frame, limits }: PartOfBroadcast,
  { startedAt = deps.clock(), first }: Begun = {},
): Promise<BroadcastResult> {
  const result: BroadcastResult = { ...NOTHING_DONE, functions: 1 };
  const until = startedAt + BROADCAST_BUDGET_MS;
  const checkTime = () => {
    if (deps.clock() >= until) throw new Error('the time of this broadcast is up');
  };
  const onAnswer = (outcome: PostOutcome) => {
    result.posts += 1;
    if (outcome === 'throttled') result.throttled += 1;
    result.lastPostAt = deps.clock();
  };
  const pace = createPace(deps, { limits, until, onAnswer });
  const serving = pacedDeps(deps, pace, frame);
  const inHand = taskGroup(MEMBERS_IN_HAND);
  let begun = false;
  try {
    checkTime();
    for await (const members of memberPages(
      deps.store,
      roomId,
      first ?? deps.store.readMembers(roomId, part),
    )) {
      // Also where nobody is on: a room that many have left is many such pages.
      checkTime();
      for (const member of members) {
        const [turn, room] = [pace.nobodyWaits(), inHand.room()];
        if (turn !== undefined) await turn;
        if (room !== undefined) await room;
        checkTime();
        begun = true;
        inHand.begin(
          serveMember(serving, roomId, member, until).then((served) => {
            result[served] += 1;
          }),
        );
      }
    }
  } catch (error) {
    if (!begun) throw error;
    result.complete = false;
    deps.onError('not every member was reached', error);
  }
  await inHand.ended();
  return result;
}

/** What has been done already, where a room turned out to be larger than one part. */
export interface Begun {
  startedAt?: number;
  /** The first page, with the rest that is left to this part. */
  first?: MembersPage;
}

/** Everything that calls API Gateway, at one common pace. */
function pacedDeps(deps: BroadcastPartDeps, pace: Pace, frame: Uint8Array): ServeDeps {
  const { gateway } = deps;
  return {
    ...deps,
    gateway: {
      post: (connectionId, bytes) => pace.run(() => gateway.post(connectionId, bytes)),
      close: (connectionId) => pace.run(() => gateway.close(connectionId)),
    },
    post: ({ connectionId }, mayStill) =>
      pace.run(() => (mayStill() ? gateway.post(connectionId, frame) : 'refused')),
  };
}
