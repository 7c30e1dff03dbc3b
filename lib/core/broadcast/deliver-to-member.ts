import { packFrames } from '../../protocol/event-frame.ts';
import { CLOSE_BUDGET_MS, closeConnection, closeFor, disconnect } from '../connection/close-connection.ts';
import { roomState } from '../connection/connection.ts';
import type { ConnectionDeps, Member, PostOutcome } from '../ports.ts';
import { retryPost } from '../retry.ts';
import type { SlowReaders } from './post-rate.ts';

/**
 * How long a frame that is throttled or fails is retried, from its first try. Time spent in the queue of this process
 * does not count. The whole room waits for its next events during the retries.
 */
export const MEMBER_RETRY_BUDGET_MS = 3_000;

/**
 * One broadcast, as far as it concerns a member. What goes wrong with one member must not reach another.
 */
export interface MemberDeliveryDeps extends ConnectionDeps {
  roomId: string;
  /** When the broadcast ends, epoch milliseconds. */
  until: number;
  frames: MemberFrames;
  /** Posts a frame when it is its turn. Resolves with `not_sent` if `mayStill` is false by then. */
  post: (
    connectionId: string,
    frame: Uint8Array,
    isRetry: boolean,
    mayStill: () => boolean,
  ) => Promise<PostOutcome>;
  slowReaders: SlowReaders;
  /**
   * Whether API Gateway accepts the frames of others in this broadcast: then a 429 comes from a client that reads
   * slowly.
   */
  othersGetThrough: () => boolean;
}

/**
 * API Gateway refused a frame with 429 in every try, and no frame after it was sent. `throttledOutAtLast`: only the
 * last frame is missing.
 */
export type ThrottledOut = 'throttledOut' | 'throttledOutAtLast';

/** `failed`: the connection must end. `late`: there was no time to begin. */
export type Served = 'delivered' | 'gone' | 'expired' | 'failed' | 'late' | ThrottledOut;

/**
 * Posts the frames to a member whose token is valid, each after the one before was delivered. After `gone` the caller
 * must delete the rows; after `expired`, close the connection; after `failed`, disconnect the member, because an
 * unanswered post may still arrive and a later frame must not overtake it. After 429 a frame has certainly not arrived:
 * the member keeps its connection, and `prev` of its next frame shows the gap.
 */
export async function deliverToMember(deps: MemberDeliveryDeps, member: Member): Promise<Served> {
  const frames = framesFor(deps, member);
  let left = frames.length;
  for (const frame of frames) {
    left -= 1;
    const served = await bring(deps, member, frame);
    if (served === 'throttledOut' && left === 0) return 'throttledOutAtLast';
    if (served !== 'delivered') return served;
  }
  return 'delivered';
}

/**
 * Posts the last frame once more to a member that was throttled out, after all others were served, because a quiet room
 * has no next frame. Either this frame is the missing one, or its `prev` shows the gap.
 */
export async function remindMember(
  deps: MemberDeliveryDeps,
  member: Member,
  missed: ThrottledOut,
): Promise<Exclude<Served, 'late'>> {
  const last = framesFor(deps, member).at(-1);
  const served = last === undefined ? 'late' : await bring(deps, member, last, { isReminder: true });
  if (served === 'late') return missed;
  return served === 'delivered' && missed === 'throttledOut' ? missed : served;
}

function framesFor({ frames }: MemberDeliveryDeps, { batch }: Member): readonly Uint8Array[] {
  return batch ? frames.packed : frames.single;
}

async function bring(
  deps: MemberDeliveryDeps,
  { connectionId, tokenExpiresAt }: Member,
  frame: Uint8Array,
  { isReminder = false } = {},
): Promise<Exclude<Served, 'throttledOutAtLast'>> {
  const { clock, until, slowReaders, othersGetThrough } = deps;
  // Queueing and retries take time: the token may have expired since.
  const isValid = () => clock() < tokenExpiresAt;
  // No retries for a reminder or a known slow reader: the room has waited for it already.
  const isTriedOnce = isReminder || slowReaders.has(connectionId);
  let retriesEnd = clock() + MEMBER_RETRY_BUDGET_MS;
  const post = (attempt: number) => {
    const askedAt = clock();
    return deps.post(connectionId, frame, isReminder || attempt > 0, () => {
      retriesEnd += clock() - askedAt;
      return isValid();
    });
  };
  try {
    const outcome = await retryPost(deps, post, (passing) =>
      passing === 'throttled' && isTriedOnce ? 0 : Math.min(until, retriesEnd),
    );
    switch (outcome) {
      case 'delivered':
        slowReaders.forget(connectionId);
        return outcome;
      case 'gone':
        return outcome;
      case 'throttled':
        if (othersGetThrough()) slowReaders.remember(connectionId);
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
 * Closes a member whose token has expired. If the token was renewed (the connection row is newer than the membership
 * that was read) and the member is still in the room, it is served instead. Returns the member with the present expiry.
 */
export async function closeExpired(
  deps: MemberDeliveryDeps,
  member: Member,
): Promise<{ served: Served; member: Member }> {
  const { connectionId, version } = member;
  try {
    const closed = await closeConnection(deps, connectionId, 'token_expired', 'if_token_expired');
    // A `$disconnect` that was cut short has removed the connection and left this row.
    if (closed.outcome === 'closed') await deps.store.deleteMembership(deps.roomId, connectionId, version);
    const isLive = closed.outcome === 'kept' && roomState(closed.connection, deps.roomId) === 'live';
    const tokenExpiresAt = isLive ? closed.connection.user?.expiresAt : undefined;
    if (tokenExpiresAt === undefined) return { served: 'expired', member };
    const renewed = { ...member, tokenExpiresAt };
    return { served: await deliverToMember(deps, renewed), member: renewed };
  } catch (error) {
    deps.log('member_delivery_failed', { roomId: deps.roomId, connectionId, error });
    return { served: 'failed', member };
  }
}

/** Removes all that is left of a member that was gone. */
export async function removeGone(deps: MemberDeliveryDeps, member: Member): Promise<void> {
  try {
    await removeRows(deps, member);
  } catch (error) {
    const { connectionId } = member;
    deps.log('member_not_removed', { roomId: deps.roomId, connectionId, error });
  }
}

/**
 * Ends the connection of a member that did not get its frames: it reconnects and recovers. The rows are deleted first,
 * so that it gets no more events even if API Gateway does not close it; then its next message closes it. No `error`
 * frame: it could not be delivered either. Throws if the rows could not be deleted.
 */
export async function cutOff(deps: MemberDeliveryDeps, member: Member): Promise<void> {
  await removeRows(deps, member);
  await closeFor(deps, member.connectionId, deps.clock() + CLOSE_BUDGET_MS);
}

async function removeRows(
  { store, roomId }: MemberDeliveryDeps,
  { connectionId, version }: Member,
): Promise<void> {
  const connection = await disconnect(store, connectionId);
  // A `$disconnect` that was cut short has removed the connection and left this row.
  if (connection?.rooms.has(roomId) !== true) await store.deleteMembership(roomId, connectionId, version);
}

/** What members are posted: the same events, as bytes that are made and hashed once. */
interface MemberFrames {
  /** One frame an event. */
  single: readonly Uint8Array[];
  /** As few as hold them, for members that take `batch` frames. */
  packed: readonly Uint8Array[];
}

export function encodeFrames(frames: readonly string[]): MemberFrames {
  const encoder = new TextEncoder();
  const single = frames.map((frame) => encoder.encode(frame));
  if (frames.length === 1) return { single, packed: single };
  return { single, packed: packFrames(frames).map((frame) => encoder.encode(frame)) };
}
