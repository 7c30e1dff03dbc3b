import type { ErrorCode } from '../../protocol/error-codes.ts';
import type { ServerAnswer } from '../../protocol/server-messages.ts';
import {
  type ClientRequest,
  type ErrorOrigin,
  errorAnswer,
  originOf,
  roomAnswer,
} from '../connection/answers.ts';
import { deleteMemberships, refuseConnection } from '../connection/close-connection.ts';
import type { Connection, RoomEntry } from '../connection/connection.ts';
import { reconcileMembership } from '../connection/reconcile-membership.ts';
import { prunableRooms, roomRefusal } from '../connection/refusal.ts';
import { coreError } from '../errors.ts';
import type { Clock, ConnectionDeps, Store } from '../ports.ts';
import { subscribedAnswer } from './subscribed-answer.ts';

// An attempt is repeated only if the row changed between the refused write and the read after it. To use up all attempts,
// a client must send a conflicting message between the two each time.
const MAX_ATTEMPTS = 10;

const LEFT_TOO_MANY = 'The connection has left too many rooms within the last minute: wait a minute.';

interface Change {
  connectionId: string;
  roomId: string;
  entry: RoomEntry;
  origin: ErrorOrigin;
}

/**
 * Handles one subscribe or unsubscribe. The answer says what is true afterwards, even if a later message won. Throws if
 * the connection's row changes between every attempt.
 */
export async function changeRoom(
  deps: ConnectionDeps,
  { connectionId, sentAt, message }: ClientRequest<'subscribe_room' | 'unsubscribe_room'>,
): Promise<ServerAnswer> {
  const { roomId, ...wanted } = message.data;
  const request = { ...wanted, ...(message.id !== undefined && { id: message.id }) };
  const entry = { on: message.type === 'subscribe_room', sentAt, request };
  const change = { connectionId, roomId, entry, origin: originOf(message) };

  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const changed = await deps.store.setRoom(connectionId, roomId, entry);
    if (changed !== undefined) return answerAccepted(deps, changed, change);
    const answer = await answerRefused(deps, change);
    if (answer !== undefined) return answer;
  }
  throw coreError(
    'RowKeepsChanging',
    `expected the row to accept or refuse the room, but it changed in ${MAX_ATTEMPTS} attempts`,
  );
}

/** The answer to a change that the row refused. Undefined if the row would accept it now. */
async function answerRefused(deps: ConnectionDeps, change: Change): Promise<ServerAnswer | undefined> {
  const { connectionId, roomId, entry, origin } = change;
  const current = await deps.store.getConnection(connectionId);
  const refused = await refuseConnection(deps, connectionId, current, origin);
  if (refused !== undefined || current === undefined) return refused;

  switch (roomRefusal(current, { roomId, ...entry })) {
    case undefined:
      return undefined;
    case 'superseded':
      return answerAccepted(deps, current, change);
    case 'too_many_rooms':
      return tooManyRooms(deps, change);
    case 'too_many_remembered':
      if (await pruneLeftRooms(deps, current)) return undefined;
      // The row has no space, and the room was never subscribed: an unsubscribe has nothing to change.
      return entry.on
        ? tooManyRooms(deps, change, LEFT_TOO_MANY)
        : roomAnswer('room_unsubscribed', entry.request);
  }
}

function tooManyRooms(
  { log }: ConnectionDeps,
  { connectionId, roomId, origin, entry }: Change,
  message?: string,
): ServerAnswer {
  const code = 'too_many_rooms' satisfies ErrorCode;
  log('room_refused', { connectionId, roomId, code });
  return errorAnswer(code, { ...origin, room: entry.request.echo }, message);
}

async function answerAccepted(
  deps: ConnectionDeps,
  connection: Connection,
  { roomId, entry, origin }: Change,
): Promise<ServerAnswer> {
  const { state } = await reconcileMembership(deps.store, connection, roomId);
  const { connectionId, user } = connection;
  const ids = { connectionId, roomId, ...(user !== undefined && { userId: user.userId }) };
  switch (state) {
    case 'live':
      return subscribedAnswer(deps, connection, roomId, entry.request);
    case 'pending':
      deps.log('room_pending', { connectionId, roomId });
      return roomAnswer('subscribe_pending', entry.request);
    case 'forbidden':
      deps.log('room_refused', { ...ids, code: 'forbidden_room' });
      return errorAnswer('forbidden_room', { ...origin, room: entry.request.echo });
    case 'off':
    case 'gone':
      deps.log('room_unsubscribed', ids);
      return roomAnswer('room_unsubscribed', entry.request);
  }
}

/**
 * Makes space in a connection's row: removes rooms that were left more than a minute ago. Deletes their memberships
 * first, because `$disconnect` deletes only the memberships of rooms that the row holds. False if there is nothing to
 * remove.
 */
export async function pruneLeftRooms(
  deps: { store: Pick<Store, 'pruneRooms' | 'deleteMembership'>; clock: Clock },
  connection: Connection,
): Promise<boolean> {
  const roomIds = prunableRooms(connection, deps.clock());
  if (roomIds.length === 0) return false;
  await deleteMemberships(deps.store, connection, roomIds);
  await deps.store.pruneRooms(connection, roomIds);
  return true;
}
