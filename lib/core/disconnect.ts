import type { Connection } from './connection.ts';
import { deleteMemberships } from './delete-memberships.ts';
import type { Store } from './ports.ts';

/**
 * Removes all that is left of a connection, and returns what it was. Its own row goes first: a message still in flight
 * finds it gone and takes back what it wrote. A crash in between, or a lost answer of the first deletion, leaves
 * memberships; the first 410 or their TTL removes them.
 */
export async function disconnect(
  store: Pick<Store, 'deleteConnection' | 'deleteMembership'>,
  connectionId: string,
): Promise<Connection | undefined> {
  const connection = await store.deleteConnection(connectionId);
  if (connection !== undefined) await deleteMemberships(store, connection, connection.rooms.keys());
  return connection;
}
