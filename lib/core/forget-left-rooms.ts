import type { Connection } from './connection.ts';
import { deleteMemberships } from './delete-memberships.ts';
import type { Clock, Store } from './ports.ts';
import { forgettableRooms } from './refusal.ts';

/**
 * Makes space in a connection's row by dropping rooms that were left long ago, memberships first: while the row
 * remembers a room, `$disconnect` still knows that it has something to delete. False where nothing could be dropped.
 */
export async function forgetLeftRooms(
  deps: { store: Pick<Store, 'forgetRooms' | 'deleteMembership'>; clock: Clock },
  connection: Connection,
): Promise<boolean> {
  const roomIds = forgettableRooms(connection, deps.clock());
  if (roomIds.length === 0) return false;
  await deleteMemberships(deps.store, connection, roomIds);
  await deps.store.forgetRooms(connection, roomIds);
  return true;
}
