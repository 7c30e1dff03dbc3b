import { type BroadcastResult, worse } from '../broadcast-result.ts';
import { forEachConcurrently, taskGroup } from '../concurrently.ts';
import type { Member } from '../connection/membership.ts';
import { coreError } from '../errors.ts';
import { retryUntil } from '../retry-call.ts';
import {
  closeOrDeliver,
  deliverToMember,
  disconnectMember,
  type MemberDeliveryDeps,
  type MemberOutcome,
  remindMember,
  removeGone,
  type ThrottledOut,
} from './deliver-to-member.ts';
import type { PostQueue } from './post-scheduler.ts';

/** Members that are posted to or wait for a retry at a time. Bounds memory. */
const MAX_MEMBERS_IN_FLIGHT = 2_048;
/**
 * Members whose clean-up or reminder is deferred until the others were posted to. Bounds memory. The time budget allows
 * fewer; the next broadcast finds the others again.
 */
const MAX_DEFERRED_MEMBERS = 20_000;
/** Deferred clean-ups at a time: each takes several calls to DynamoDB. */
const CLEAN_UPS_AT_ONCE = 16;
/** Members with the same outcome that one delivery logs. A storm of 429 would log thousands of lines a second. */
const MAX_MEMBERS_LOGGED = 20;

/** Outcomes after which a member needs more than posts. */
type CleanUpReason = Exclude<MemberOutcome, 'delivered' | 'late' | ThrottledOut>;

interface DeferredMember {
  member: Member;
  reason: CleanUpReason;
}

/** The log lines that name a member. */
type MemberLine = 'member_gone' | 'member_throttled_out' | 'member_late' | 'member_disconnected';

/** Delivers to the members of a broadcast, and counts the outcomes in its result. */
interface MemberDelivery {
  /** Starts the delivery to each member when the scheduler has capacity. Throws OutOfTime if the time is up before. */
  start(members: readonly Member[]): Promise<void>;
  /** Whether any member may have been sent a frame. */
  readonly hasStarted: boolean;
  /** Resolves when every started delivery and every clean-up has ended. */
  end(): Promise<void>;
}

/**
 * Posts to all members first, and defers clean-ups: closing an expired or failed member, or deleting the rows of one
 * that is gone, takes the CPU of thirty posts, and the other members should not wait for it.
 */
export function memberDelivery(
  deps: MemberDeliveryDeps,
  queue: PostQueue,
  result: BroadcastResult,
): MemberDelivery {
  const inFlight = taskGroup(MAX_MEMBERS_IN_FLIGHT);
  const deferred: DeferredMember[] = [];
  const toRemind: { member: Member; missed: ThrottledOut }[] = [];
  let hasStarted = false;
  let isReminding = false;
  const isOver = () => deps.clock() >= deps.until;
  const log = memberLog(deps);

  function startOne(member: Member): void {
    if (member.tokenExpiresAt <= deps.clock()) {
      defer(member, 'expired');
      return;
    }
    hasStarted = true;
    inFlight.start(deliverToMember(deps, member), (outcome) => finish(member, outcome));
  }

  function finish(member: Member, outcome: MemberOutcome): void {
    switch (outcome) {
      case 'delivered':
        result.delivered += 1;
        result.lastDeliveryAt = deps.clock();
        return;
      case 'throttledOut':
      case 'throttledOutOnLast':
        if (!isReminding && toRemind.length < MAX_DEFERRED_MEMBERS) {
          toRemind.push({ member, missed: outcome });
          return;
        }
        result.throttledOut += 1;
        log('member_throttled_out', member);
        return;
      case 'late':
        // Not closed, like the members that were not started before the time was up: `prev` shows them the gap.
        result.late += 1;
        result.status = worse(result.status, 'out_of_time');
        log('member_late', member);
        return;
    }
    defer(member, outcome);
  }

  function defer(member: Member, reason: CleanUpReason): void {
    if (deferred.length < MAX_DEFERRED_MEMBERS) {
      deferred.push({ member, reason });
      return;
    }
    result[reason] += 1;
    if (reason === 'failed')
      markForRetry(
        member,
        coreError('TooManyDeferred', `expected at most ${MAX_DEFERRED_MEMBERS} deferred members`),
      );
  }

  /**
   * After the time is up, closing expired members and deleting rows is left to the next broadcast. A failed member is
   * disconnected in any case, because its next frame would be out of order.
   */
  async function cleanUp({ member, reason }: DeferredMember): Promise<void> {
    const mustClose = reason === 'expired' && !isOver();
    const closed = mustClose ? await closeOrDeliver(deps, member) : { outcome: reason, member };
    switch (closed.outcome) {
      case 'expired':
        result.expired += 1;
        return;
      case 'gone':
        result.gone += 1;
        log('member_gone', closed.member);
        if (!isOver()) await removeGone(deps, closed.member);
        return;
      case 'failed':
        result.failed += 1;
        await disconnect(closed.member);
        return;
    }
    finish(closed.member, closed.outcome);
  }

  async function disconnect(member: Member): Promise<void> {
    try {
      await retryUntil(deps, deps.until, () => disconnectMember(deps, member));
      log('member_disconnected', member);
    } catch (error) {
      markForRetry(member, error);
    }
  }

  /** The broadcast must be retried: otherwise the member would get the next frame without this one. */
  function markForRetry({ connectionId }: Member, error: unknown): void {
    result.status = 'retry';
    deps.log('member_not_disconnected', { roomId: deps.roomId, connectionId, error });
  }

  async function cleanUpDeferred(): Promise<void> {
    if (deferred.length > 0) hasStarted = true;
    await forEachConcurrently(deferred.splice(0), CLEAN_UPS_AT_ONCE, cleanUp);
  }

  function remindThrottledOut(): void {
    isReminding = true;
    for (const { member, missed } of toRemind.splice(0))
      inFlight.start(remindMember(deps, member, missed), (outcome) => finish(member, outcome));
  }

  return {
    async start(members) {
      for (const member of members) {
        const [idle, capacity] = [queue.idle(), inFlight.capacity()];
        if (idle !== undefined) await idle;
        if (capacity !== undefined) await capacity;
        if (isOver()) throw new OutOfTime();
        startOne(member);
      }
    },
    get hasStarted() {
      return hasStarted;
    },
    async end() {
      await cleanUpDeferred();
      await inFlight.settled();
      // Members that were still in flight a moment ago, and members whose token was renewed, are reminded as well.
      await cleanUpDeferred();
      remindThrottledOut();
      await inFlight.settled();
      await cleanUpDeferred();
    },
  };
}

/** Logs at most MAX_MEMBERS_LOGGED lines of each kind. */
function memberLog({ log, roomId }: MemberDeliveryDeps): (line: MemberLine, member: Member) => void {
  const logged = { member_gone: 0, member_throttled_out: 0, member_late: 0, member_disconnected: 0 };
  return (line, { connectionId }) => {
    if (logged[line] >= MAX_MEMBERS_LOGGED) return;
    logged[line] += 1;
    log(line, { roomId, connectionId });
  };
}

/** Thrown when the time of the broadcast is up before all members were started. */
export class OutOfTime extends Error {
  override readonly name = 'OutOfTime';

  constructor() {
    super('expected the broadcast to start all members before its time was up');
  }
}
