import { closeConnection } from './close-connection.ts';
import { roomState } from './connection.ts';
import { disconnect } from './disconnect.ts';
import type { ConnectionDeps, Member, PostOutcome } from './ports.ts';
import { untilFinal } from './until-final.ts';

/** How long a member that is throttled or fails is tried again, from its first try. */
export const MEMBER_RETRY_BUDGET_MS = 10_000;

/**
 * One broadcast, as far as it concerns a member. What goes wrong with one member must not reach another: nothing here
 * throws.
 */
export interface ServeDeps extends ConnectionDeps {
  roomId: string;
  /** When the broadcast ends, epoch milliseconds. */
  until: number;
  /** Posts the frame when it is the member's turn, if `mayStill` holds by then; `refused` if not. */
  post: (member: Member, attempt: number, mayStill: () => boolean) => Promise<PostOutcome>;
  /** Told of what went wrong without failing the broadcast. */
  onError: (message: string, error: unknown) => void;
}

export type Served = 'delivered' | 'gone' | 'expired' | 'failed';

/**
 * Brings the frame to a member whose token is valid. Of one that is gone the rows are still there; one that is expired
 * by now has got nothing, and is to be closed.
 */
export async function serveMember(deps: ServeDeps, member: Member): Promise<Served> {
  const { clock, until } = deps;
  // A turn comes later than it was asked for, and a retry later still: the token may have expired in between.
  const isValid = () => clock() < member.tokenExpiresAt;
  try {
    const retryUntil = Math.min(until, clock() + MEMBER_RETRY_BUDGET_MS);
    const outcome = await untilFinal(deps, (attempt) => deps.post(member, attempt, isValid), retryUntil);
    if (outcome === 'delivered' || outcome === 'gone') return outcome;
    // What was cut off may have been delivered.
    return isValid() || outcome === 'timed_out' ? 'failed' : 'expired';
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
export async function removeGone(
  { store, roomId, onError }: ServeDeps,
  { connectionId, version }: Member,
): Promise<void> {
  try {
    const connection = await disconnect(store, connectionId);
    // A `$disconnect` that was cut short has removed the connection and left this row.
    if (connection?.rooms.has(roomId) !== true) await store.deleteMembership(roomId, connectionId, version);
  } catch (error) {
    onError('the rows of a member that is gone could not be removed', error);
  }
}
