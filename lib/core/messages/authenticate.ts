import type { ServerAnswer } from '../../protocol/server-messages.ts';
import { forEachConcurrently } from '../concurrently.ts';
import {
  type ClientRequest,
  type ErrorOrigin,
  encodeAnswer,
  errorAnswer,
  originOf,
} from '../connection/answers.ts';
import { closeConnection, closeFor, refuseConnection } from '../connection/close-connection.ts';
import type { Connection, RoomEntry, User } from '../connection/connection.ts';
import { type Reconciled, reconcileMembership } from '../connection/reconcile-membership.ts';
import { authRefusal } from '../connection/refusal.ts';
import type { ConnectionDeps, VerifyToken } from '../ports.ts';
import { retryPost } from '../retry.ts';
import { subscribedAnswer } from './subscribed-answer.ts';

const MAX_ATTEMPTS = 10;
const ROOMS_AT_ONCE = 32;
export const ANNOUNCE_BUDGET_MS = 3_000;

interface AuthenticateDeps extends ConnectionDeps {
  verifyToken: VerifyToken;
  /**
   * Counts a token that was refused, or could not be checked yet. The log has the reason; the client is not told, an
   * attacker would learn from it.
   */
  onRefusedToken: () => void;
  /** Counts an answer to a pending subscribe that API Gateway would not take, with 429. */
  onThrottledOut: () => void;
}

/**
 * Takes a token: authenticates the connection, or renews its token; anything wrong with the token closes it. A token that
 * cannot be checked yet changes nothing: the client is answered `internal` and tries again.
 */
export async function authenticate(
  deps: AuthenticateDeps,
  { connectionId, sentAt, message }: ClientRequest<'auth'>,
): Promise<ServerAnswer> {
  const origin = originOf(message);
  const verified = await deps.verifyToken(message.data.token);
  if (!verified.ok) {
    deps.onRefusedToken();
    const { reason, mayComeAgain } = verified;
    if (mayComeAgain) {
      deps.log('token_not_checked', { connectionId, reason });
      return errorAnswer('internal', origin);
    }
    deps.log('token_refused', { connectionId, reason });
    return failAuth(deps, connectionId, 'auth_failed', origin);
  }
  const { user } = verified;

  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const authenticated = await deps.store.setUser(connectionId, { user, sentAt });
    if (authenticated !== undefined) return succeed(deps, authenticated, user, origin);

    const current = await deps.store.getConnection(connectionId);
    const refused = await refuseConnection(deps, connectionId, current, origin);
    if (refused !== undefined || current === undefined) return refused ?? errorAnswer('internal', origin);
    switch (authRefusal(current, { user, sentAt })) {
      case 'user_mismatch':
        return failAuth(deps, connectionId, 'user_mismatch', origin);
      case 'superseded':
        return succeed(deps, current, current.user ?? user, origin);
    }
  }
  throw new Error('the connection kept changing under this message');
}

/** Ends the connection because of its token; the answer is for a client that API Gateway has not closed. */
async function failAuth(
  deps: ConnectionDeps,
  connectionId: string,
  code: 'auth_failed' | 'user_mismatch',
  origin: ErrorOrigin,
): Promise<ServerAnswer> {
  await closeConnection(deps, connectionId, code, 'always', origin);
  return errorAnswer(code, origin);
}

async function succeed(
  deps: AuthenticateDeps,
  connection: Connection,
  user: User,
  { id }: ErrorOrigin,
): Promise<ServerAnswer> {
  // Memberships carry the token's expiry: they are rewritten before the client learns that it may rely on the new one.
  const rooms = [...connection.rooms].filter(([, room]) => room.on);
  await forEachConcurrently(rooms, ROOMS_AT_ONCE, async ([roomId, room]) => {
    const settled = await reconcileMembership(deps.store, connection, roomId);
    const answer = await pendingAnswer(deps, connection, roomId, room, settled);
    if (answer !== undefined) await announce(deps, connection.connectionId, answer);
  });
  const data = { userId: user.userId, expiresAt: user.expiresAt };
  deps.log('authenticated', { connectionId: connection.connectionId, ...data });
  return { type: 'auth_success', data, ...(id !== undefined && { id }) };
}

/** The answer to a subscribe that was pending: its own handler has long returned. */
async function pendingAnswer(
  deps: ConnectionDeps,
  connection: Connection,
  roomId: string,
  { request }: RoomEntry,
  { state, becameLive }: Reconciled,
): Promise<ServerAnswer | undefined> {
  if (becameLive) return subscribedAnswer(deps, connection, roomId, request);
  if (state !== 'forbidden') return undefined;
  const { connectionId } = connection;
  deps.log('room_refused', { connectionId, roomId, code: 'forbidden_room' });
  const origin = originOf({ type: 'subscribe_room', ...(request.id !== undefined && { id: request.id }) });
  return errorAnswer('forbidden_room', { ...origin, room: request.echo });
}

/**
 * A client may hold events back until it has this answer. If the answer is lost, the connection is closed and the client
 * reconnects. Not after 429: the answer has certainly not arrived, and the room is live. A client that waits asks again
 * after its own timeout, and one that does not wait gets the frames already.
 */
async function announce(deps: AuthenticateDeps, connectionId: string, answer: ServerAnswer): Promise<void> {
  const frame = encodeAnswer(answer);
  const until = deps.clock() + ANNOUNCE_BUDGET_MS;
  const outcome = await retryPost(
    deps,
    () => deps.gateway.post(connectionId, frame),
    () => until,
  );
  if (outcome === 'delivered' || outcome === 'gone') return;
  deps.log('answer_not_delivered', { connectionId, reason: outcome });
  if (outcome === 'throttled') deps.onThrottledOut();
  else await closeFor(deps, connectionId, until);
}
