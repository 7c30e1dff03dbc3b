import { MAX_CONNECTION_MS } from '../../protocol/limits.ts';
import { closeConnection } from '../connection/close-connection.ts';
import { coreError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { ConnectionDeps, ScheduleAuthDeadline, Store } from '../ports.ts';

// More than the clocks of AWS services can differ, so that the row of a live connection never expires.
const TTL_SLACK_MS = 10 * 60 * 1000;

/** Records a new connection. Throws if the row or the deadline cannot be written: the connection must not open then. */
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
 * Closes a connection that has not authenticated in time. Returns whether it closed one. Throws if API Gateway does not
 * close it, so that the deadline message is retried.
 */
export async function enforceAuthDeadline(deps: ConnectionDeps, connectionId: string): Promise<boolean> {
  // Most connections have authenticated or ended by now. One read is enough for them.
  const connection = await deps.store.getConnection(connectionId);
  if (connection === undefined || (connection.user !== undefined && connection.closing === undefined)) {
    return false;
  }
  const { outcome } = await closeConnection(deps, connectionId, 'auth_timeout', 'if_unauthenticated');
  if (outcome === 'failed')
    throw coreError(
      'ConnectionNotClosed',
      'expected API Gateway to close the connection; the deadline message must be retried',
    );
  return outcome === 'closed';
}
