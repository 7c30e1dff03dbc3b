import type { Membership, Store } from '../ports.ts';
import { type Connection, type RoomState, roomState, type User } from './connection.ts';

type ReconcileStore = Pick<Store, 'getConnection' | 'refuseRoom' | 'putMembership' | 'deleteMembership'>;

/**
 * `gone`: the connection is closed or closing. `becameLive`: the membership was not there before, as far as is known: a
 * write that the SDK repeated finds its own row, one that was overtaken another handler's. Who waits for an answer gets
 * it once too often rather than never.
 */
export interface Reconciled {
  state: RoomState | 'gone';
  becameLive: boolean;
}

/**
 * Makes the membership of a room what the connection says it is, and returns what that is in the end.
 * Of handlers that run at once, the newest version wins whichever writes last; and whoever wrote looks at the
 * connection once more, because it may have gone meanwhile: then the write is taken back (no ghosts).
 */
export async function reconcileMembership(
  store: ReconcileStore,
  connection: Connection,
  roomId: string,
): Promise<Reconciled> {
  let known = connection;
  for (;;) {
    const step = await reconcileVersion(store, known, roomId);
    if ('state' in step) {
      const wasOvertaken = known !== connection;
      return { ...step, becameLive: step.becameLive || (wasOvertaken && step.state === 'live') };
    }
    // A newer handler was faster. What it made of the room is the truth, so that is what is settled and answered.
    known = step.newer;
  }
}

async function reconcileVersion(
  store: ReconcileStore,
  known: Connection,
  roomId: string,
): Promise<Reconciled | { newer: Connection }> {
  const { connectionId, user } = known;
  // Without a user there has never been a membership: only those who saw one write any.
  if (user === undefined) return { state: roomState(known, roomId), becameLive: false };

  const mustRefuse = roomState(known, roomId) === 'forbidden' && known.rooms.get(roomId)?.on === true;
  const decided = mustRefuse ? await store.refuseRoom(known, roomId) : known;
  const write = decided && (await putMembership(store, decided, user, roomId));
  const current = await store.getConnection(connectionId);
  if (current === undefined || current.closing !== undefined) {
    await store.deleteMembership(roomId, connectionId, (decided ?? known).version);
    return { state: 'gone', becameLive: false };
  }
  const isSettled = decided !== undefined && (write !== 'superseded' || current.version === decided.version);
  if (!isSettled) return { newer: current };
  const state = roomState(decided, roomId);
  return { state, becameLive: state === 'live' && write !== 'written' };
}

function putMembership(store: ReconcileStore, connection: Connection, user: User, roomId: string) {
  const { connectionId, version, ttl } = connection;
  const on = roomState(connection, roomId) === 'live';
  const membership: Membership = {
    roomId,
    connectionId,
    version,
    on,
    userId: user.userId,
    tokenExpiresAt: user.expiresAt,
    batch: connection.rooms.get(roomId)?.request.batch === true,
    ttl,
  };
  return store.putMembership(membership);
}
