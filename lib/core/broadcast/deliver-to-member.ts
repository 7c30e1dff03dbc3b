import { packFrames } from '../../protocol/event-frame.ts';
import {
  CLOSE_BUDGET_MS,
  closeConnection,
  closeWithRetries,
  removeConnection,
} from '../connection/close-connection.ts';
import { subscriptionState } from '../connection/connection.ts';
import type { Member } from '../connection/membership.ts';
import type { ConnectionDeps, PostOutcome } from '../ports.ts';
import { retryPost } from '../retry-post.ts';
import type { SlowReaders } from './post-rate.ts';

/**
 * How long a frame is retried after 429 or 5xx, from its first try. Milliseconds. Waiting in the queue of this process
 * does not count. During the retries the whole room waits for its next events.
 */
export const MEMBER_RETRY_BUDGET_MS = 3_000;

/** What a delivery to one member needs of its broadcast. A failure of one member must not affect another. */
export interface MemberDeliveryDeps extends ConnectionDeps {
  roomId: string;
  /** When the broadcast ends, epoch milliseconds. */
  until: number;
  frames: MemberFrames;
  /** Posts a frame when the scheduler starts it. Resolves with `not_sent` if `isStillWanted` returns false then. */
  post: (
    connectionId: string,
    frame: Uint8Array,
    isRetry: boolean,
    isStillWanted: () => boolean,
  ) => Promise<PostOutcome>;
  slowReaders: SlowReaders;
  /** Whether API Gateway accepts the frames of other members: then a 429 means that this client reads too slowly. */
  isDeliveringToOthers: () => boolean;
}

/**
 * Every try of a frame was answered with 429, and no later frame was sent. `throttledOutOnLast`: only the last frame is
 * missing.
 */
export type ThrottledOut = 'throttledOut' | 'throttledOutOnLast';

/** `failed`: the connection must be closed. `late`: the time was up before a post could start. */
export type MemberOutcome = 'delivered' | 'gone' | 'expired' | 'failed' | 'late' | ThrottledOut;

/**
 * Posts the frames to a member with a valid token, each after the previous one was delivered. Does no clean-up. After
 * `gone` the caller must delete the rows; after `expired`, close the connection; after `failed`, disconnect the member:
 * an unanswered post may still arrive, so nothing may be sent after it. A frame answered with 429 has certainly not
 * arrived: the member keeps its connection, and `prev` of its next frame shows the gap.
 */
export async function deliverToMember(deps: MemberDeliveryDeps, member: Member): Promise<MemberOutcome> {
  const frames = framesFor(deps, member);
  let left = frames.length;
  for (const frame of frames) {
    left -= 1;
    const outcome = await postFrame(deps, member, frame);
    if (outcome === 'throttledOut' && left === 0) return 'throttledOutOnLast';
    if (outcome !== 'delivered') return outcome;
  }
  return 'delivered';
}

/**
 * Posts the last frame again to a member that was throttled out, after all other members. A quiet room may have no next
 * frame that would show the member its gap. If the last frame was missing, the member has it now; if earlier ones were,
 * `prev` of this frame shows the gap.
 */
export async function remindMember(
  deps: MemberDeliveryDeps,
  member: Member,
  missed: ThrottledOut,
): Promise<Exclude<MemberOutcome, 'late'>> {
  const last = framesFor(deps, member).at(-1);
  const outcome = last === undefined ? 'late' : await postFrame(deps, member, last, { isReminder: true });
  if (outcome === 'late') return missed;
  return outcome === 'delivered' && missed === 'throttledOut' ? missed : outcome;
}

function framesFor({ frames }: MemberDeliveryDeps, { batch }: Member): readonly Uint8Array[] {
  return batch ? frames.packed : frames.single;
}

async function postFrame(
  deps: MemberDeliveryDeps,
  { connectionId, tokenExpiresAt }: Member,
  frame: Uint8Array,
  { isReminder = false } = {},
): Promise<Exclude<MemberOutcome, 'throttledOutOnLast'>> {
  const { clock, until, slowReaders, isDeliveringToOthers } = deps;
  // The token may expire while the frame waits in the queue or between retries.
  const isValid = () => clock() < tokenExpiresAt;
  // No retries for a reminder or a known slow reader: the room has waited for this member already.
  const isTriedOnce = isReminder || slowReaders.has(connectionId);
  let retriesEnd = clock() + MEMBER_RETRY_BUDGET_MS;
  const post = (attempt: number) => {
    const queuedAt = clock();
    return deps.post(connectionId, frame, isReminder || attempt > 0, () => {
      retriesEnd += clock() - queuedAt;
      return isValid();
    });
  };
  try {
    const outcome = await retryPost(deps, post, (transient) =>
      transient === 'throttled' && isTriedOnce ? 0 : Math.min(until, retriesEnd),
    );
    switch (outcome) {
      case 'delivered':
        slowReaders.forget(connectionId);
        return outcome;
      case 'gone':
        return outcome;
      case 'throttled':
        if (isDeliveringToOthers()) slowReaders.remember(connectionId);
        return isValid() ? 'throttledOut' : 'expired';
      case 'not_sent':
        return clock() >= until ? 'late' : 'expired';
      case 'timed_out':
        // It may have been delivered.
        return 'failed';
    }
    return isValid() ? 'failed' : 'expired';
  } catch (error) {
    deps.log('member_delivery_failed', { roomId: deps.roomId, connectionId, error });
    return 'failed';
  }
}

/**
 * Handles a member whose token had expired when its membership was read. Closes it if the token is still expired. If the
 * token was renewed, and the member is still in the room, delivers to it. Returns the outcome, and the member with its current expiry. Never throws.
 */
export async function closeOrDeliver(
  deps: MemberDeliveryDeps,
  member: Member,
): Promise<{ outcome: MemberOutcome; member: Member }> {
  const { connectionId, version } = member;
  try {
    const closed = await closeConnection(deps, connectionId, 'token_expired', 'if_token_expired');
    // A `$disconnect` that crashed may have deleted the connection and left this row.
    if (closed.outcome === 'closed') await deps.store.deleteMembership(deps.roomId, connectionId, version);
    const isLive = closed.outcome === 'kept' && subscriptionState(closed.connection, deps.roomId) === 'live';
    const tokenExpiresAt = isLive ? closed.connection.user?.tokenExpiresAt : undefined;
    if (tokenExpiresAt === undefined) return { outcome: 'expired', member };
    const renewed = { ...member, tokenExpiresAt };
    return { outcome: await deliverToMember(deps, renewed), member: renewed };
  } catch (error) {
    deps.log('member_delivery_failed', { roomId: deps.roomId, connectionId, error });
    return { outcome: 'failed', member };
  }
}

/** Deletes all rows of a member that is gone. Logs an error instead of throwing it; the next broadcast tries again. */
export async function removeGone(deps: MemberDeliveryDeps, member: Member): Promise<void> {
  try {
    await removeMemberRows(deps, member);
  } catch (error) {
    const { connectionId } = member;
    deps.log('member_not_removed', { roomId: deps.roomId, connectionId, error });
  }
}

/**
 * Ends the connection of a member that did not get its frames, so that the client reconnects and recovers. Deletes the
 * rows first: the member gets no more events even if API Gateway does not close it, and its next message closes it then.
 * Sends no `error` frame, because that could not be delivered either. Throws if the rows cannot be deleted.
 */
export async function disconnectMember(deps: MemberDeliveryDeps, member: Member): Promise<void> {
  await removeMemberRows(deps, member);
  await closeWithRetries(deps, member.connectionId, deps.clock() + CLOSE_BUDGET_MS);
}

async function removeMemberRows(
  { store, roomId }: MemberDeliveryDeps,
  { connectionId, version }: Member,
): Promise<void> {
  const connection = await removeConnection(store, connectionId);
  // A `$disconnect` that crashed may have deleted the connection and left this row.
  if (connection?.rooms.has(roomId) !== true) await store.deleteMembership(roomId, connectionId, version);
}

/** The frames of a broadcast, encoded once for all members. */
interface MemberFrames {
  /** One frame an event. */
  single: readonly Uint8Array[];
  /** The same events in as few `batch` frames as possible, for members that accept those. */
  packed: readonly Uint8Array[];
}

/** Encodes the frames of a broadcast as single and as packed frames. */
export function encodeFrames(frames: readonly string[]): MemberFrames {
  const encoder = new TextEncoder();
  const single = frames.map((frame) => encoder.encode(frame));
  if (frames.length === 1) return { single, packed: single };
  return { single, packed: packFrames(frames).map((frame) => encoder.encode(frame)) };
}
