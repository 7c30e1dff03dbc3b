import { closeConnection } from './close-connection.ts';
import type { ConnectionDeps } from './ports.ts';

/**
 * Closes a connection that has not authenticated in time, and tells whether it did. Throws when API Gateway would not
 * close it, so that the queue delivers the deadline again.
 */
export async function enforceAuthDeadline(deps: ConnectionDeps, connectionId: string): Promise<boolean> {
  // Most connections have long authenticated or left: one read spares them the write and the calls.
  const connection = await deps.store.getConnection(connectionId);
  if (connection === undefined || (connection.user !== undefined && connection.closing === undefined)) {
    return false;
  }
  const { outcome } = await closeConnection(deps, connectionId, 'auth_timeout', 'if_unauthenticated');
  if (outcome === 'failed')
    throw new Error('API Gateway did not close the connection; the deadline must come again');
  return outcome === 'closed';
}
