import type { BroadcastResult } from './broadcast-result.ts';
import { forEachConcurrently } from './for-each-concurrently.ts';
import { persistently } from './persistently.ts';
import type { Member } from './ports.ts';
import type { PostQueue } from './post-scheduler.ts';
import {
  cutOff,
  remindMember,
  removeGone,
  type ServeDeps,
  type Served,
  serveExpired,
  serveMember,
  type ThrottledOut,
} from './serve-member.ts';
import { taskGroup } from './task-group.ts';

/** Members in hand at a time: posted to, or waiting for a retry. It bounds memory, and no more. */
const MEMBERS_IN_HAND = 2_048;
/**
 * Members that wait until the others have been posted to; more are left to the next broadcast, which finds them again.
 * Bounds memory, too; there is time for fewer.
 */
const MEMBERS_LEFT_FOR_LATER = 20_000;
/** Each is several calls to DynamoDB. */
const LATER_AT_ONCE = 16;
/** Members of each kind that a delivery names in the log: under a storm of 429 it would be thousands of lines a second. */
const MEMBERS_NAMED = 20;

/** The lines that name a member which was not served. */
const lineOf = {
  gone: 'member_gone',
  throttledOut: 'member_throttled_out',
  failed: 'member_disconnected',
} as const;

/** Why a member needs more than posts. */
type Leaving = Exclude<Served, 'delivered' | ThrottledOut>;

/** Serves the members of a broadcast, and counts what became of them. */
interface Serving {
  /** Takes each in hand when it is its turn. Throws when the time is up before the last. */
  serve(members: readonly Member[]): Promise<void>;
  /** Whether anybody may have been sent anything. */
  readonly begun: boolean;
  /** Resolves when all that have been taken in hand are done with. */
  end(): Promise<void>;
}

/**
 * Members that need nothing but posts come first. To close one whose token has expired or that has failed, or to remove
 * the rows of one that is gone, takes the CPU of thirty posts, which nobody should wait for.
 */
export function createServing(deps: ServeDeps, queue: PostQueue, result: BroadcastResult): Serving {
  const inHand = taskGroup(MEMBERS_IN_HAND);
  const later: { member: Member; because: Leaving }[] = [];
  const throttledOut: { member: Member; missed: ThrottledOut }[] = [];
  let begun = false;
  const isOver = () => deps.clock() >= deps.until;
  const named = { gone: 0, throttledOut: 0, failed: 0 };
  const count = ({ connectionId }: Member, served: Served) => {
    const figure = figureOf(served);
    result[figure] += 1;
    if (figure === 'delivered') result.lastDeliveryAt = deps.clock();
    else if (figure !== 'expired' && named[figure] < MEMBERS_NAMED) {
      named[figure] += 1;
      deps.log(lineOf[figure], { roomId: deps.roomId, connectionId });
    }
  };

  function take(member: Member): void {
    if (member.tokenExpiresAt <= deps.clock()) {
      leave(member, 'expired');
      return;
    }
    begun = true;
    inHand.begin(serveMember(deps, member), (served) => {
      if (isThrottledOut(served) && throttledOut.length < MEMBERS_LEFT_FOR_LATER)
        throttledOut.push({ member, missed: served });
      else end(member, served);
    });
  }

  function end(member: Member, served: Served): void {
    if (served === 'delivered' || isThrottledOut(served)) count(member, served);
    else leave(member, served);
  }

  function leave(member: Member, because: Leaving): void {
    if (later.length < MEMBERS_LEFT_FOR_LATER) {
      later.push({ member, because });
    } else {
      count(member, because);
      if (because === 'failed')
        interrupt(member, new Error(`more than ${MEMBERS_LEFT_FOR_LATER} members were not served`));
    }
  }

  function remindThoseThrottledOut(): void {
    for (const { member, missed } of throttledOut.splice(0))
      inHand.begin(remindMember(deps, member, missed), (served) => end(member, served));
  }

  // What there is no time for is left to the next broadcast as well, but for those who would be fed out of order by it.
  async function seeTo({ member, because }: (typeof later)[number]): Promise<void> {
    const served = because === 'expired' && !isOver() ? await serveExpired(deps, member) : because;
    count(member, served);
    if (served === 'gone' && !isOver()) await removeGone(deps, member);
    if (served === 'failed') await cutOffFor(member);
  }

  async function cutOffFor(member: Member): Promise<void> {
    try {
      await persistently(deps, deps.until, () => cutOff(deps, member));
    } catch (error) {
      interrupt(member, error);
    }
  }

  /** The next frame would be sent to somebody who has not got this one. */
  function interrupt({ connectionId }: Member, error: unknown): void {
    result.complete = false;
    result.interrupted = true;
    deps.log('member_not_disconnected', { roomId: deps.roomId, connectionId, error });
  }

  async function seeToThoseLeft(): Promise<void> {
    if (later.length > 0) begun = true;
    await forEachConcurrently(later.splice(0), LATER_AT_ONCE, seeTo);
  }

  return {
    async serve(members) {
      for (const member of members) {
        const [turn, room] = [queue.nobodyWaits(), inHand.room()];
        if (turn !== undefined) await turn;
        if (room !== undefined) await room;
        if (isOver()) throw new TimeIsUp();
        take(member);
      }
    },
    get begun() {
      return begun;
    },
    async end() {
      await seeToThoseLeft();
      await inHand.ended();
      remindThoseThrottledOut();
      await inHand.ended();
      await seeToThoseLeft();
    },
  };
}

function isThrottledOut(served: Served): served is ThrottledOut {
  return served === 'throttledOut' || served === 'throttledOutAtLast';
}

/** Under which figure a member is counted. */
function figureOf(served: Served): Exclude<Served, 'late' | 'throttledOutAtLast'> {
  if (served === 'late') return 'failed';
  return isThrottledOut(served) ? 'throttledOut' : served;
}

/** There is no time for the members that are left. */
export class TimeIsUp extends Error {
  override readonly name = 'TimeIsUp';

  constructor() {
    super('the time of this broadcast is up');
  }
}
