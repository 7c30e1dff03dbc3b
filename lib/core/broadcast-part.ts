import { type BroadcastResult, NOTHING_DONE } from './broadcast-result.ts';
import { memberPages } from './member-pages.ts';
import { createPace, type Pace } from './pace.ts';
import type { ConnectionDeps, Member, MembersPage, PartOfBroadcast } from './ports.ts';
import { type ServeDeps, serveMember } from './serve-member.ts';
import { type TaskGroup, taskGroup } from './task-group.ts';

/**
 * How long a broadcast goes on, from its start. Who has not been served by then is not: Lambda repeats a function that
 * was cut off, and then everybody would get the event again.
 */
export const BROADCAST_BUDGET_MS = 20_000;

/** Members in hand at a time: posted to, or waiting for a retry. It bounds memory, and no more. */
const MEMBERS_IN_HAND = 2_048;

export type BroadcastPartDeps = ConnectionDeps & Pick<ServeDeps, 'onError'>;

/** What has been done already, where a room turned out to be larger than one part. */
export interface Begun {
  startedAt?: number;
  /** The first page, with the rest that is left to this part. */
  first?: MembersPage;
}

/**
 * Sends one frame to every member of a part of a room. Throws only while nobody of the part has been sent anything:
 * whoever calls may do again what throws, and nobody gets the event twice.
 */
export async function broadcastPart(
  deps: BroadcastPartDeps,
  work: PartOfBroadcast,
  { startedAt = deps.clock(), first }: Begun = {},
): Promise<BroadcastResult> {
  const result: BroadcastResult = { ...NOTHING_DONE, functions: 1 };
  const until = startedAt + BROADCAST_BUDGET_MS;
  const pace = paceOf(deps, work, until, result);
  const serving = servingAt(pace, deps, work.frame);
  const inHand = taskGroup(MEMBERS_IN_HAND);
  let begun = false;
  const begin = (member: Member) => {
    begun = true;
    inHand.begin(serveMember(serving, work.roomId, member, until), (served) => {
      result[served] += 1;
    });
  };
  try {
    if (deps.clock() >= until) throw timeIsUp();
    const pages = memberPages(
      deps.store,
      work.roomId,
      first ?? deps.store.readMembers(work.roomId, work.part),
    );
    await forEachInTurn(pages, { pace, inHand, isOver: () => deps.clock() >= until }, begin);
  } catch (error) {
    if (!begun) throw error;
    result.complete = false;
    deps.onError('not every member was reached', error);
  }
  await inHand.ended();
  return result;
}

/** Takes each member in hand when it is its turn. Throws when the time is up before the last. */
async function forEachInTurn(
  pages: AsyncIterable<readonly Member[]>,
  { pace, inHand, isOver }: { pace: Pace; inHand: TaskGroup; isOver: () => boolean },
  begin: (member: Member) => void,
): Promise<void> {
  for await (const members of pages) {
    // Also where nobody is on: a room that many have left is many such pages.
    if (isOver()) throw timeIsUp();
    for (const member of members) {
      const [turn, room] = [pace.nobodyWaits(), inHand.room()];
      if (turn !== undefined) await turn;
      if (room !== undefined) await room;
      if (isOver()) throw timeIsUp();
      begin(member);
    }
  }
}

const timeIsUp = () => new Error('the time of this broadcast is up');

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
      result.lastPostAt = deps.clock();
    },
  });
}

function servingAt(pace: Pace, deps: BroadcastPartDeps, frame: Uint8Array): ServeDeps {
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
