import { type BroadcastResult, worse } from '../broadcast-result.ts';
import { forEachConcurrently, taskGroup } from '../concurrently.ts';
import type { Member } from '../ports.ts';
import { retryUntil } from '../retry.ts';
import {
  closeExpired,
  cutOff,
  deliverToMember,
  type MemberDeliveryDeps,
  remindMember,
  removeGone,
  type Served,
  type ThrottledOut,
} from './deliver-to-member.ts';
import type { PostQueue } from './post-scheduler.ts';

/** Members in hand at a time: posted to, or waiting for a retry. It bounds memory, and no more. */
const MEMBERS_IN_HAND = 2_048;
/**
 * Most members that wait until the others have been posted to; the next broadcast finds the rest again. It bounds
 * memory; there is time for fewer.
 */
const MEMBERS_POSTPONED = 20_000;
/** Postponed members that are handled at a time: each takes several calls to DynamoDB. */
const LATER_AT_ONCE = 16;
/** Members of each kind that a delivery names in the log: under a storm of 429 it would be thousands of lines a second. */
const MEMBERS_NAMED = 20;

/** Why a member needs more than posts. */
type Postponed = Exclude<Served, 'delivered' | 'late' | ThrottledOut>;

/** The log lines that name a member. */
type MemberLine = 'member_gone' | 'member_throttled_out' | 'member_late' | 'member_disconnected';

/** Serves the members of a broadcast, and counts what became of them. */
interface MemberDelivery {
  /** Starts each when the scheduler has capacity. Throws when the time is up before the last. */
  serve(members: readonly Member[]): Promise<void>;
  /** Whether anybody may have been sent anything. */
  readonly begun: boolean;
  /** Resolves when all that were started are done with. */
  end(): Promise<void>;
}

/**
 * Members that only need posts come first. Closing an expired or failed member, or removing the rows of one that is
 * gone, takes the CPU of thirty posts, and the others should not wait for it.
 */
export function memberDelivery(
  deps: MemberDeliveryDeps,
  queue: PostQueue,
  result: BroadcastResult,
): MemberDelivery {
  const inHand = taskGroup(MEMBERS_IN_HAND);
  const postponed: { member: Member; because: Postponed }[] = [];
  const toRemind: { member: Member; missed: ThrottledOut }[] = [];
  let begun = false;
  let reminded = false;
  const isOver = () => deps.clock() >= deps.until;
  const log = memberLog(deps);

  function start(member: Member): void {
    if (member.tokenExpiresAt <= deps.clock()) {
      postpone(member, 'expired');
      return;
    }
    begun = true;
    inHand.begin(deliverToMember(deps, member), (served) => finish(member, served));
  }

  function finish(member: Member, served: Served): void {
    switch (served) {
      case 'delivered':
        result.delivered += 1;
        result.lastDeliveryAt = deps.clock();
        return;
      case 'throttledOut':
      case 'throttledOutAtLast':
        if (!reminded && toRemind.length < MEMBERS_POSTPONED) {
          toRemind.push({ member, missed: served });
          return;
        }
        result.throttledOut += 1;
        log('member_throttled_out', member);
        return;
      case 'late':
        // Like the members that were not started when the time was up: not closed, and `prev` tells them.
        result.late += 1;
        result.status = worse(result.status, 'out_of_time');
        log('member_late', member);
        return;
    }
    postpone(member, served);
  }

  function postpone(member: Member, because: Postponed): void {
    if (postponed.length < MEMBERS_POSTPONED) {
      postponed.push({ member, because });
      return;
    }
    result[because] += 1;
    if (because === 'failed')
      interrupt(member, new Error(`more than ${MEMBERS_POSTPONED} members were not served`));
  }

  /**
   * When the time is up, closing and removing are left to the next broadcast. A failed member is disconnected in any case:
   * its next frame would be out of order.
   */
  async function handlePostponed(one: (typeof postponed)[number]): Promise<void> {
    const isToClose = one.because === 'expired' && !isOver();
    const { served, member } = isToClose
      ? await closeExpired(deps, one.member)
      : { served: one.because, member: one.member };
    switch (served) {
      case 'expired':
        result.expired += 1;
        return;
      case 'gone':
        result.gone += 1;
        log('member_gone', member);
        if (!isOver()) await removeGone(deps, member);
        return;
      case 'failed':
        result.failed += 1;
        await disconnect(member);
        return;
    }
    finish(member, served);
  }

  async function disconnect(member: Member): Promise<void> {
    try {
      await retryUntil(deps, deps.until, () => cutOff(deps, member));
      log('member_disconnected', member);
    } catch (error) {
      interrupt(member, error);
    }
  }

  /** The next frame would be sent to somebody who has not got this one. */
  function interrupt({ connectionId }: Member, error: unknown): void {
    result.status = 'retry';
    deps.log('member_not_disconnected', { roomId: deps.roomId, connectionId, error });
  }

  async function handleAllPostponed(): Promise<void> {
    if (postponed.length > 0) begun = true;
    await forEachConcurrently(postponed.splice(0), LATER_AT_ONCE, handlePostponed);
  }

  function remind(): void {
    reminded = true;
    for (const { member, missed } of toRemind.splice(0))
      inHand.begin(remindMember(deps, member, missed), (served) => finish(member, served));
  }

  return {
    async serve(members) {
      for (const member of members) {
        const [turn, room] = [queue.idle(), inHand.room()];
        if (turn !== undefined) await turn;
        if (room !== undefined) await room;
        if (isOver()) throw new TimeIsUp();
        start(member);
      }
    },
    get begun() {
      return begun;
    },
    async end() {
      await handleAllPostponed();
      await inHand.ended();
      // Those that were still in hand a moment ago, and whose token was renewed, are reminded as well.
      await handleAllPostponed();
      remind();
      await inHand.ended();
      await handleAllPostponed();
    },
  };
}

/** Names at most MEMBERS_NAMED members in each kind of line. */
function memberLog({ log, roomId }: MemberDeliveryDeps): (line: MemberLine, member: Member) => void {
  const named = { member_gone: 0, member_throttled_out: 0, member_late: 0, member_disconnected: 0 };
  return (line, { connectionId }) => {
    if (named[line] >= MEMBERS_NAMED) return;
    named[line] += 1;
    log(line, { roomId, connectionId });
  };
}

/** There is no time for the members that are left. */
export class TimeIsUp extends Error {
  override readonly name = 'TimeIsUp';

  constructor() {
    super('the time of this broadcast is up');
  }
}
