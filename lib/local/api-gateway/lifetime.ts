import type { Time } from '../time.ts';
import { GOING_AWAY } from './close-codes.ts';
import { type Connection, endConnection } from './connection.ts';
import { IDLE_TIMEOUT_MS, MAX_CONNECTION_MS } from './limits.ts';

/**
 * Ends a connection after ten minutes without a message, and after two hours in any case. Returns what cancels both.
 * Protocol pings are no messages.
 */
export function limitLifetime(connection: Connection, time: Time): () => void {
  const end = () => endConnection(connection, GOING_AWAY);
  const cancelMaximum = time.after(connection.connectedAt + MAX_CONNECTION_MS - time.now(), end);
  let cancelIdle: () => void;

  // One timer that looks again when it fires, instead of a new one for every message.
  const watchIdle = () => {
    const remaining = connection.lastActiveAt + IDLE_TIMEOUT_MS - time.now();
    if (remaining <= 0) end();
    else cancelIdle = time.after(remaining, watchIdle);
  };
  watchIdle();

  return () => {
    cancelMaximum();
    cancelIdle();
  };
}
