import { CLOSE_BUDGET_MS, closeConnection, closeFor } from './close-connection.ts';
import { roomState } from './connection.ts';
import { disconnect } from './disconnect.ts';
import type { MemberFrames } from './member-frames.ts';
import type { ConnectionDeps, Member, PostOutcome } from './ports.ts';
import { untilFinal } from './until-final.ts';

/**
 * How long a frame that is throttled or fails is tried again, from its first try. The room's next events wait meanwhile,
 * for everybody; whoever has not got it by then is cut off, comes back and recovers.
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
    attempt: number,
    mayStill: () => boolean,
  ) => Promise<PostOutcome>;
  /** Told of what went wrong without failing the broadcast. */
  onError: (message: string, error: unknown) => void;
}

/** `late`: there was no time to begin. */
export type Served = 'delivered' | 'gone' | 'expired' | 'failed' | 'late';

/**
 * Brings the frames to a member whose token is valid, each when the one before has arrived. Of one that is gone the rows
 * are still there; one that is expired by now is to be closed, and one that failed to be cut off: a post that was not
 * answered may land yet, and no other may overtake it.
 */
export async function serveMember(deps: ServeDeps, member: Member): Promise<Served> {
  const { clock, until, frames } = deps;
  // A turn comes later than it was asked for, and a retry later still: the token may have expired in between.
  const isValid = () => clock() < member.tokenExpiresAt;
  try {
    for (const frame of member.batch ? frames.packed : frames.single) {
      const retryUntil = Math.min(until, clock() + MEMBER_RETRY_BUDGET_MS);
      const post = (attempt: number) => deps.post(member.connectionId, frame, attempt, isValid);
      const outcome = await untilFinal(deps, post, retryUntil);
      if (outcome === 'gone') return 'gone';
      if (outcome === 'refused' && clock() >= until) return 'late';
      // What was cut off may have been delivered.
      if (outcome !== 'delivered') return isValid() || outcome === 'timed_out' ? 'failed' : 'expired';
    }
    return 'delivered';
  } catch (error) {
    deps.onError('a member could not be served', error);
    return 'failed';
  }
}

/**
 * Closes a member whose token has expired. Where the token was renewed meanwhile (the connection is newer than the
 * membership that was read) and the room still holds, it is served after all.
 */
export async function serveExpired(deps: ServeDeps, member: Member): Promise<Served> {
  const { connectionId, version } = member;
  try {
    const closed = await closeConnection(deps, connectionId, 'token_expired', 'if_token_expired');
    // A `$disconnect` that was cut short has removed the connection and left this row.
    if (closed.outcome === 'closed') await deps.store.deleteMembership(deps.roomId, connectionId, version);
    if (closed.outcome !== 'kept' || roomState(closed.connection, deps.roomId) !== 'live') return 'expired';
    const tokenExpiresAt = closed.connection.user?.expiresAt;
    return tokenExpiresAt === undefined ? 'expired' : await serveMember(deps, { ...member, tokenExpiresAt });
  } catch (error) {
    deps.onError('a member could not be served', error);
    return 'failed';
  }
}

/** Removes all that is left of a member that was gone. */
export async function removeGone(deps: ServeDeps, member: Member): Promise<void> {
  try {
    await removeRows(deps, member);
  } catch (error) {
    deps.onError('the rows of a member that is gone could not be removed', error);
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
