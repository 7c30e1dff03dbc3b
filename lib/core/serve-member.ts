import { CLOSE_BUDGET_MS, closeConnection, closeFor } from './close-connection.ts';
import { roomState } from './connection.ts';
import { disconnect } from './disconnect.ts';
import type { MemberFrames } from './member-frames.ts';
import type { ConnectionDeps, Member, PostOutcome } from './ports.ts';
import type { SlowReaders } from './slow-readers.ts';
import { untilFinal } from './until-final.ts';

/**
 * How long a frame that is throttled or fails is tried again, from its first try; the time in which it waits for its turn
 * behind other posts of this process does not count. All members of the room wait meanwhile for its next events.
 */
export const MEMBER_RETRY_BUDGET_MS = 3_000;

/**
 * One broadcast, as far as it concerns a member. What goes wrong with one member must not reach another.
 */
export interface ServeDeps extends ConnectionDeps {
  roomId: string;
  /** When the broadcast ends, epoch milliseconds. */
  until: number;
  frames: MemberFrames;
  /** Posts a frame when it is its turn, if `mayStill` holds by then; `refused` if not. */
  post: (
    connectionId: string,
    frame: Uint8Array,
    isRetry: boolean,
    mayStill: () => boolean,
  ) => Promise<PostOutcome>;
  slowReaders: SlowReaders;
  /** Whether API Gateway takes the frames of others in this broadcast: then a 429 comes from a client that reads slowly. */
  othersGetThrough: () => boolean;
}

/** API Gateway refused a frame with 429 for as long as it was tried; no frame behind it was sent. `AtLast`: there was none. */
export type ThrottledOut = 'throttledOut' | 'throttledOutAtLast';

/** `failed`: the connection must end. `late`: there was no time to begin. */
export type Served = 'delivered' | 'gone' | 'expired' | 'failed' | 'late' | ThrottledOut;

/**
 * Brings the frames to a member whose token is valid, each when the one before has arrived. Of one that is gone the rows
 * are still there; one that is expired by now is to be closed, and one that failed to be cut off: a post that was not
 * answered may land yet, and no other may overtake it. 429 says that a frame has certainly not landed: such a member
 * keeps its connection, and `prev` of the next frame that it gets tells it that something is missing.
 */
export async function serveMember(deps: ServeDeps, member: Member): Promise<Served> {
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
 * Posts the last frame once more to a member that was throttled out, when all others have been served: in a room that is
 * quiet from now on there is no other. It is the one that is missing, or its `prev` tells that something is.
 */
export async function remindMember(
  deps: ServeDeps,
  member: Member,
  missed: ThrottledOut,
): Promise<Exclude<Served, 'late'>> {
  const last = framesFor(deps, member).at(-1);
  const served = last === undefined ? 'late' : await bring(deps, member, last, { isReminder: true });
  if (served === 'late') return missed;
  return served === 'delivered' && missed === 'throttledOut' ? missed : served;
}

function framesFor({ frames }: ServeDeps, { batch }: Member): readonly Uint8Array[] {
  return batch ? frames.packed : frames.single;
}

async function bring(
  deps: ServeDeps,
  { connectionId, tokenExpiresAt }: Member,
  frame: Uint8Array,
  { isReminder = false } = {},
): Promise<Exclude<Served, 'throttledOutAtLast'>> {
  const { clock, until, slowReaders, othersGetThrough } = deps;
  // A turn comes later than it was asked for, and a retry later still: the token may have expired in between.
  const isValid = () => clock() < tokenExpiresAt;
  // No retries for a reminder or a known slow reader: the room has waited for it already.
  const isTriedOnce = isReminder || slowReaders.has(connectionId);
  let retryUntil = clock() + MEMBER_RETRY_BUDGET_MS;
  const post = (attempt: number) => {
    const askedAt = clock();
    return deps.post(connectionId, frame, isReminder || attempt > 0, () => {
      retryUntil += clock() - askedAt;
      return isValid();
    });
  };
  try {
    const outcome = await untilFinal(deps, post, (passing) =>
      passing === 'throttled' && isTriedOnce ? 0 : Math.min(until, retryUntil),
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
      case 'timed_out':
        // It may have been delivered.
        return 'failed';
      case 'refused':
        if (clock() >= until) return 'late';
    }
    return isValid() ? 'failed' : 'expired';
  } catch (error) {
    deps.log('member_delivery_failed', { roomId: deps.roomId, connectionId, error });
    return 'failed';
  }
}

/**
 * Closes a member whose token has expired. Where the token was renewed meanwhile (the connection is newer than the
 * membership that was read) and the room still holds, it is served after all. Returns the member with the token that counts.
 */
export async function serveExpired(
  deps: ServeDeps,
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
    return { served: await serveMember(deps, renewed), member: renewed };
  } catch (error) {
    deps.log('member_delivery_failed', { roomId: deps.roomId, connectionId, error });
    return { served: 'failed', member };
  }
}

/** Removes all that is left of a member that was gone. */
export async function removeGone(deps: ServeDeps, member: Member): Promise<void> {
  try {
    await removeRows(deps, member);
  } catch (error) {
    const { connectionId } = member;
    deps.log('member_not_removed', { roomId: deps.roomId, connectionId, error });
  }
}

/**
 * Ends the connection of a member that has not got its frames: it comes back and recovers. Its rows go first, so that it
 * is fed no more even where API Gateway does not close it; then its next message does. It is not told why: what cannot
 * reach it would have to wait once more. Throws when it is fed still.
 */
export async function cutOff(deps: ServeDeps, member: Member): Promise<void> {
  await removeRows(deps, member);
  await closeFor(deps, member.connectionId, deps.clock() + CLOSE_BUDGET_MS);
}

async function removeRows({ store, roomId }: ServeDeps, { connectionId, version }: Member): Promise<void> {
  const connection = await disconnect(store, connectionId);
  // A `$disconnect` that was cut short has removed the connection and left this row.
  if (connection?.rooms.has(roomId) !== true) await store.deleteMembership(roomId, connectionId, version);
}
