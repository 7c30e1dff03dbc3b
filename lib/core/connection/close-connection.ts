import type { ClosingCode, ErrorCode } from '../../protocol/error-codes.ts';
import type { ServerAnswer } from '../../protocol/server-messages.ts';
import { forEachConcurrently } from '../concurrently.ts';
import type { ClosingGuard, ConnectionDeps, Store } from '../ports.ts';
import { retryPost } from '../retry-post.ts';
import { type ErrorOrigin, encodeAnswer, errorAnswer } from './answers.ts';
import type { Connection } from './connection.ts';
import { connectionRefusal, MAX_REMEMBERED_ROOMS } from './refusal.ts';

/** How long the error frame and the close of one connection may take, retries included. Milliseconds. */
export const CLOSE_BUDGET_MS = 3_000;

/**
 * `closed`: the connection got the error frame, is closed, and its rows are deleted. `failed`: API Gateway did not close
 * it; it gets no more events, its row stays marked, and its next message or the retried deadline closes it. `kept`: the
 * guard does not hold; `connection` is the current row.
 */
type CloseOutcome = { outcome: 'closed' | 'failed' } | { outcome: 'kept'; connection: Connection };

/**
 * Ends a connection, if one conditional write accepts the guard. The calls that end a connection:
 *
 * | function | used when | error frame | closed by us | rows deleted |
 * |---|---|---|---|---|
 * | `closeConnection` | a deadline, an expiry or a bad token ends it | yes | yes | yes, after closing |
 * | `notifyAndClose` | the connection has no row (any more) | yes | yes | yes, after closing |
 * | `closeWithRetries` | an answer or a frame was lost | no | yes | no; `$disconnect` or the caller does |
 * | `removeConnection` | it is closed already: `$disconnect`, 410 | no | no | yes |
 */
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

  // A function that marked it earlier may have crashed before it closed anything. Closing twice does no harm.
  const outcome = await notifyAndClose(deps, connectionId, connection?.closing ?? code, origin);
  // A membership with an expired token gets no events. It stays, so that the next broadcast tries to close it again.
  if (outcome === 'failed' && connection !== undefined && code !== 'token_expired') {
    await deleteMemberships(deps.store, connection, connection.rooms.keys());
  }
  return { outcome };
}

/**
 * Closes a connection at API Gateway, with retries until `until` (epoch milliseconds), and returns whether it is closed.
 * Repeats a close that was not answered once, because closing twice does no harm.
 */
export async function closeWithRetries(
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
 * Sends the `error` frame, closes the connection, deletes its rows. The frame comes first, because API Gateway closes
 * with 1000 and without a reason of ours.
 */
async function notifyAndClose(
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
  if (!(await closeWithRetries(deps, connectionId, until))) {
    deps.log('connection_not_closed', { connectionId, code });
    return 'failed';
  }
  const connection = await removeConnection(deps.store, connectionId);
  deps.log('connection_closed', { connectionId, code, userId: connection?.user?.userId });
  return 'closed';
}

/**
 * Deletes all rows of a connection, and returns the deleted connection. Its own row is deleted first: a message still in
 * flight then finds no connection and deletes the membership that it wrote. A crash between the deletions, or a lost
 * answer of the first one, leaves memberships; the first 410 or their TTL deletes them.
 */
export async function removeConnection(
  store: Pick<Store, 'deleteConnection' | 'deleteMembership'>,
  connectionId: string,
): Promise<Connection | undefined> {
  const connection = await store.deleteConnection(connectionId);
  if (connection !== undefined) await deleteMemberships(store, connection, connection.rooms.keys());
  return connection;
}

/** All rooms at once: the duration must not depend on their number. */
const DELETES_AT_ONCE = MAX_REMEMBERED_ROOMS;

/** Deletes the memberships of this version of a connection, and of older ones, in these rooms. */
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
 * Ends a connection whose messages are no longer accepted: closing, expired, or without a row. Returns the answer to the
 * message at hand, or undefined if the connection is good. A client that is closed already does not receive the answer.
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
      // Without its row it has no membership either. If it stayed open, the client would wait for events in vain.
      await notifyAndClose(deps, connectionId, 'internal', origin);
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
