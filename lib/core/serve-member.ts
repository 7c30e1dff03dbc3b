import { closeConnection } from './close-connection.ts';
import { roomState } from './connection.ts';
import { disconnect } from './disconnect.ts';
import type { ConnectionDeps, Member, PostOutcome } from './ports.ts';
import { untilFinal } from './until-final.ts';

/** How long a member that is throttled or fails is tried again, from its first try. */
export const MEMBER_RETRY_BUDGET_MS = 10_000;

export interface ServeDeps extends ConnectionDeps {
  /** Posts the frame when it is the member's turn, if `mayStill` holds by then; `refused` if not. */
  post: (member: Member, mayStill: () => boolean) => Promise<PostOutcome>;
  /** Told of what went wrong without failing the broadcast. */
  onError: (message: string, error: unknown) => void;
}

export type Served = 'delivered' | 'gone' | 'expired' | 'failed';

/**
 * Brings a broadcast to one member; `until` is when the broadcast ends. Never throws: what goes wrong with one member
 * must not reach another.
 */
export async function serveMember(
  deps: ServeDeps,
  roomId: string,
  member: Member,
  until: number,
): Promise<Served> {
  try {
    let { tokenExpiresAt } = member;
    if (tokenExpiresAt <= deps.clock()) {
      const renewed = await closeIfExpired(deps, roomId, member);
      if (renewed === undefined) return 'expired';
      tokenExpiresAt = renewed;
    }
    // A turn comes later than it was asked for, and a retry later still: the token may have expired in between.
    const isValid = () => deps.clock() < tokenExpiresAt;
    const retryUntil = Math.min(until, deps.clock() + MEMBER_RETRY_BUDGET_MS);
    const outcome = await untilFinal(deps, () => deps.post(member, isValid), retryUntil);
    if (outcome === 'gone') await removeRows(deps, roomId, member);
    if (outcome === 'delivered' || outcome === 'gone') return outcome;
    return isValid() ? 'failed' : 'expired';
  } catch (error) {
    deps.onError('a member could not be served', error);
    return 'failed';
  }
}

/**
 * Closes a member whose token has expired. Where the token was renewed meanwhile (the connection is newer than the
 * membership that was read) and the room still holds, returns the new expiry: the member is served after all.
 */
async function closeIfExpired(
  deps: ConnectionDeps,
  roomId: string,
  member: Member,
): Promise<number | undefined> {
  const { connectionId, version } = member;
  const closed = await closeConnection(deps, connectionId, 'token_expired', 'if_token_expired');
  // A `$disconnect` that was cut short has removed the connection and left this row.
  if (closed.outcome === 'closed') await deps.store.deleteMembership(roomId, connectionId, version);
  if (closed.outcome !== 'kept' || roomState(closed.connection, roomId) !== 'live') return undefined;
  return closed.connection.user?.expiresAt;
}

async function removeRows(deps: ConnectionDeps, roomId: string, member: Member): Promise<void> {
  await disconnect(deps.store, member.connectionId);
  // A `$disconnect` that was cut short has removed the connection and left this row.
  await deps.store.deleteMembership(roomId, member.connectionId, member.version);
}
