import type { ServerAnswer } from '../../protocol/server-messages.ts';
import { forEachConcurrently } from '../concurrently.ts';
import {
  type ClientRequest,
  type ErrorOrigin,
  encodeAnswer,
  errorAnswer,
  originOf,
} from '../connection/answers.ts';
import { closeConnection, closeWithRetries, refuseConnection } from '../connection/close-connection.ts';
import type { Connection, RoomEntry, User } from '../connection/connection.ts';
import { type MembershipState, reconcileMembership } from '../connection/reconcile-membership.ts';
import { authRefusal } from '../connection/refusal.ts';
import { coreError } from '../errors.ts';
import type { ConnectionDeps, VerifyToken } from '../ports.ts';
import { retryPost } from '../retry-post.ts';
import { subscribedAnswer } from './subscribed-answer.ts';

const MAX_ATTEMPTS = 10;
const ROOMS_AT_ONCE = 32;
export const ANNOUNCE_BUDGET_MS = 3_000;

interface AuthenticateDeps extends ConnectionDeps {
  verifyToken: VerifyToken;
  /**
   * Counts a token that was refused or could not be checked yet. The reason goes to the log and not to the client,
   * because an attacker could learn from it.
   */
  onRefusedToken: () => void;
  /** Counts an answer to a pending subscribe that API Gateway refused with 429 until the retries ended. */
  onThrottledOut: () => void;
}

/**
 * Handles `auth`: authenticates the connection, or renews its token. Closes the connection if the token is bad. A token
 * that cannot be checked yet changes nothing: the client gets `internal` and tries again. Rejects if the keys or the
 * secret cannot be fetched.
 */
export async function authenticate(
  deps: AuthenticateDeps,
  { connectionId, sentAt, message }: ClientRequest<'auth'>,
): Promise<ServerAnswer> {
  const origin = originOf(message);
  const verified = await deps.verifyToken(message.data.token);
  if (!verified.ok) {
    deps.onRefusedToken();
    const { reason, isRetryable } = verified;
    if (isRetryable) {
      deps.log('token_not_checked', { connectionId, reason });
      return errorAnswer('internal', origin);
    }
    deps.log('token_refused', { connectionId, reason });
    return failAuth(deps, connectionId, 'auth_failed', origin);
  }
  const { user } = verified;

  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const authenticated = await deps.store.setUser(connectionId, { user, sentAt });
    if (authenticated !== undefined) return completeAuth(deps, authenticated, user, origin);

    const current = await deps.store.getConnection(connectionId);
    const refused = await refuseConnection(deps, connectionId, current, origin);
    if (refused !== undefined || current === undefined) return refused ?? errorAnswer('internal', origin);
    switch (authRefusal(current, { user, sentAt })) {
      case 'user_mismatch':
        return failAuth(deps, connectionId, 'user_mismatch', origin);
      case 'superseded':
        return completeAuth(deps, current, current.user ?? user, origin);
    }
  }
  throw coreError(
    'RowKeepsChanging',
    `expected the row to accept or refuse auth, but it changed in ${MAX_ATTEMPTS} attempts`,
  );
}

/** Closes the connection because of its token. The answer reaches the client only if API Gateway did not close it. */
async function failAuth(
  deps: ConnectionDeps,
  connectionId: string,
  code: 'auth_failed' | 'user_mismatch',
  origin: ErrorOrigin,
): Promise<ServerAnswer> {
  await closeConnection(deps, connectionId, code, 'always', origin);
  return errorAnswer(code, origin);
}

async function completeAuth(
  deps: AuthenticateDeps,
  connection: Connection,
  user: User,
  { id }: ErrorOrigin,
): Promise<ServerAnswer> {
  // Memberships hold the token's expiry. They are rewritten before the client learns that the new token is valid.
  const rooms = [...connection.rooms].filter(([, room]) => room.on);
  await forEachConcurrently(rooms, ROOMS_AT_ONCE, async ([roomId, room]) => {
    const membership = await reconcileMembership(deps.store, connection, roomId);
    const answer = await pendingAnswer(deps, connection, roomId, room, membership);
    if (answer !== undefined) await announce(deps, connection.connectionId, answer);
  });
  const { userId, tokenExpiresAt } = user;
  deps.log('authenticated', { connectionId: connection.connectionId, userId, tokenExpiresAt });
  const data = { userId, expiresAt: tokenExpiresAt };
  return { type: 'auth_success', data, ...(id !== undefined && { id }) };
}

/** The final answer to a subscribe that was answered `subscribe_pending`. Undefined if the client has it already. */
async function pendingAnswer(
  deps: ConnectionDeps,
  connection: Connection,
  roomId: string,
  { request }: RoomEntry,
  { state, becameLive }: MembershipState,
): Promise<ServerAnswer | undefined> {
  if (becameLive) return subscribedAnswer(deps, connection, roomId, request);
  if (state !== 'forbidden') return undefined;
  const { connectionId } = connection;
  deps.log('room_refused', { connectionId, roomId, code: 'forbidden_room' });
  const origin = originOf({ type: 'subscribe_room', ...(request.id !== undefined && { id: request.id }) });
  return errorAnswer('forbidden_room', { ...origin, room: request.echo });
}

/**
 * Posts the answer to a pending subscribe. If the answer is lost, closes the connection, and the client reconnects,
 * because a client may hold events back until it has the answer. After 429 the connection stays open: the answer has
 * certainly not arrived, the room is live, and a client that waits for the answer asks again after its own timeout.
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
  else await closeWithRetries(deps, connectionId, until);
}
