import { MAX_CONNECTION_MS } from '../../protocol/limits.ts';
import { closeConnection } from '../connection/close-connection.ts';
import type { Log } from '../log-events.ts';
import type { ConnectionDeps, ScheduleAuthDeadline, Store } from '../ports.ts';

// Long enough that the row of a living connection never expires, whatever the clocks of AWS say to each other.
const TTL_SLACK_MS = 10 * 60 * 1000;

/** Records a new connection. Throws when it cannot be recorded or its deadline not be set: then it must not open. */
export async function connect(
  deps: {
    store: Pick<Store, 'createConnection' | 'deleteConnection'>;
    scheduleAuthDeadline: ScheduleAuthDeadline;
    log: Log;
  },
  { connectionId, connectedAt }: { connectionId: string; connectedAt: number },
): Promise<void> {
  const ttl = Math.ceil((connectedAt + MAX_CONNECTION_MS + TTL_SLACK_MS) / 1000);
  await deps.store.createConnection({ connectionId, connectedAt, ttl });
  try {
    await deps.scheduleAuthDeadline(connectionId);
  } catch (error) {
    await deps.store.deleteConnection(connectionId);
    throw error;
  }
  deps.log('connected', { connectionId });
}

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
