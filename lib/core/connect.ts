import { MAX_CONNECTION_MS } from '../protocol/limits.ts';
import type { Log } from './log-events.ts';
import type { ScheduleAuthDeadline, Store } from './ports.ts';

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
