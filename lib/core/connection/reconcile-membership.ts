import type { Store } from '../ports.ts';
import { type Connection, type SubscriptionState, subscriptionState, type User } from './connection.ts';
import type { Membership } from './membership.ts';

type ReconcileStore = Pick<Store, 'getConnection' | 'refuseRoom' | 'putMembership' | 'deleteMembership'>;

/**
 * `gone`: the connection is closed or closing. `becameLive`: this call created the membership, as far as can be told.
 * After a retry of the SDK, or when another handler was faster, it may be a false positive: a client may get the answer
 * to its subscribe twice, never zero times.
 */
export interface MembershipState {
  state: SubscriptionState | 'gone';
  becameLive: boolean;
}

/**
 * Writes the membership that the connection's row asks for, and returns the final state. If handlers run at the same
 * time, the newest version of the row wins, in whatever order they write. After the write it reads the connection again:
 * if the connection is gone, it deletes the membership, so that none outlives its connection.
 */
export async function reconcileMembership(
  store: ReconcileStore,
  connection: Connection,
  roomId: string,
): Promise<MembershipState> {
  let latest = connection;
  for (;;) {
    const step = await reconcileVersion(store, latest, roomId);
    if ('state' in step) {
      // Another handler wrote first: it or this one made the membership live, which cannot be told.
      const wasOvertaken = latest !== connection;
      return { ...step, becameLive: step.becameLive || (wasOvertaken && step.state === 'live') };
    }
    // Another handler wrote a newer version: reconcile with that one.
    latest = step.newer;
  }
}

async function reconcileVersion(
  store: ReconcileStore,
  latest: Connection,
  roomId: string,
): Promise<MembershipState | { newer: Connection }> {
  const { connectionId, user } = latest;
  // Only a connection with a user ever gets a membership.
  if (user === undefined) return { state: subscriptionState(latest, roomId), becameLive: false };

  const mustRefuse =
    subscriptionState(latest, roomId) === 'forbidden' && latest.rooms.get(roomId)?.on === true;
  const decided = mustRefuse ? await store.refuseRoom(latest, roomId) : latest;
  const write = decided && (await putMembership(store, decided, user, roomId));
  const current = await store.getConnection(connectionId);
  if (current === undefined || current.closing !== undefined) {
    await store.deleteMembership(roomId, connectionId, (decided ?? latest).version);
    return { state: 'gone', becameLive: false };
  }
  const isFinal = decided !== undefined && (write !== 'superseded' || current.version === decided.version);
  if (!isFinal) return { newer: current };
  const state = subscriptionState(decided, roomId);
  return { state, becameLive: state === 'live' && write !== 'written' };
}

function putMembership(store: ReconcileStore, connection: Connection, user: User, roomId: string) {
  const { connectionId, version, ttl } = connection;
  const on = subscriptionState(connection, roomId) === 'live';
  const membership: Membership = {
    roomId,
    connectionId,
    version,
    on,
    userId: user.userId,
    tokenExpiresAt: user.tokenExpiresAt,
    batch: connection.rooms.get(roomId)?.request.batch === true,
    ttl,
  };
  return store.putMembership(membership);
}
