import type { ClosingCode, ErrorCode } from '../../protocol/error-codes.ts';
import type { ServerAnswer } from '../../protocol/server-messages.ts';
import { forEachConcurrently } from '../concurrently.ts';
import type { ClosingGuard, ConnectionDeps, Store } from '../ports.ts';
import { retryPost } from '../retry.ts';
import { type ErrorOrigin, encodeAnswer, errorAnswer } from './answers.ts';
import type { Connection } from './connection.ts';
import { connectionRefusal, MAX_REMEMBERED_ROOMS } from './refusal.ts';

/** How long one is told and closed, retries included. */
export const CLOSE_BUDGET_MS = 3_000;

/**
 * `closed`: told, closed, rows removed. `failed`: API Gateway would not close it; it is fed no more, its row stays
 * marked, and the next message or the redelivered deadline closes it. `kept`: the guard does not hold (any more),
 * `connection` says why.
 */
type CloseOutcome = { outcome: 'closed' | 'failed' } | { outcome: 'kept'; connection: Connection };

/** Decides by one conditional write that a connection ends, then ends it. */
export async function closeConnection(
  deps: ConnectionDeps,
  connectionId: string,
  code: ClosingCode,
  guard: ClosingGuard,
  origin: ErrorOrigin = {},
): Promise<CloseOutcome> {
  const marked = await deps.store.markClosing(connectionId, code, guard);
  const connection = marked ?? (await deps.store.getConnection(connectionId));
  if (connection !== undefined && connection.closing === undefined) return { outcome: 'kept', connection };

  // Whoever marked it earlier may have died before it closed anything: closing twice does no harm.
  const outcome = await tellAndClose(deps, connectionId, connection?.closing ?? code, origin);
  // A membership whose token has expired is not fed, and leads the next broadcast to a connection that is still open.
  if (outcome === 'failed' && connection !== undefined && code !== 'token_expired') {
    await deleteMemberships(deps.store, connection, connection.rooms.keys());
  }
  return { outcome };
}

/** Has API Gateway close it, and tells whether it has. Unlike a post, a close that was not answered can be repeated, once. */
export async function closeFor(
  deps: Pick<ConnectionDeps, 'gateway' | 'clock' | 'sleep' | 'random'>,
  connectionId: string,
  until: number,
): Promise<boolean> {
  let unanswered = 0;
  const close = async () => {
    const outcome = await deps.gateway.close(connectionId);
    if (outcome !== 'timed_out') return outcome;
    unanswered += 1;
    return unanswered === 1 ? 'unavailable' : outcome;
  };
  const outcome = await retryPost(deps, close, () => until);
  return outcome === 'delivered' || outcome === 'gone';
}

/**
 * Sends the `error` frame, closes, removes the rows. In this order: API Gateway closes with 1000 and no reason of
 * ours, so only the frame can say why.
 */
export async function tellAndClose(
  deps: ConnectionDeps,
  connectionId: string,
  code: ErrorCode,
  origin: ErrorOrigin = {},
): Promise<'closed' | 'failed'> {
  const until = deps.clock() + CLOSE_BUDGET_MS;
  const frame = encodeAnswer(errorAnswer(code, origin));
  await retryPost(
    deps,
    () => deps.gateway.post(connectionId, frame),
    () => until,
  );
  if (!(await closeFor(deps, connectionId, until))) {
    deps.log('connection_not_closed', { connectionId, code });
    return 'failed';
  }
  const connection = await disconnect(deps.store, connectionId);
  deps.log('connection_closed', { connectionId, code, userId: connection?.user?.userId });
  return 'closed';
}

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

/** All of them: how long it takes must not depend on how many rooms there are. */
const DELETES_AT_ONCE = MAX_REMEMBERED_ROOMS;

/** Deletes what this connection, or an older version of it, has in these rooms. */
export async function deleteMemberships(
  store: Pick<Store, 'deleteMembership'>,
  { connectionId, version }: Connection,
  roomIds: Iterable<string>,
): Promise<void> {
  await forEachConcurrently(roomIds, DELETES_AT_ONCE, (roomId) =>
    store.deleteMembership(roomId, connectionId, version),
  );
}

/**
 * Ends a connection that may not speak any more: closing, expired, or without a row. Returns the answer for the
 * message that found out (it reaches nobody once the connection is closed), or undefined where nothing is wrong.
 */
export async function refuseConnection(
  deps: ConnectionDeps,
  connectionId: string,
  connection: Connection | undefined,
  origin: ErrorOrigin,
): Promise<ServerAnswer | undefined> {
  switch (connectionRefusal(connection, deps.clock())) {
    case undefined:
      return undefined;
    case 'unknown':
      // Its row is gone and with it every membership: left open, the client would wait for events in vain.
      await tellAndClose(deps, connectionId, 'internal', origin);
      return errorAnswer('internal', origin);
    case 'closing': {
      const code = connection?.closing ?? 'auth_failed';
      await closeConnection(deps, connectionId, code, 'always', origin);
      return errorAnswer(code, origin);
    }
    case 'token_expired': {
      const { outcome } = await closeConnection(
        deps,
        connectionId,
        'token_expired',
        'if_token_expired',
        origin,
      );
      return outcome === 'kept' ? undefined : errorAnswer('token_expired', origin);
    }
  }
}
