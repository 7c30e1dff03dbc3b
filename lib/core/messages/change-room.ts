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
import { forgettableRooms, roomRefusal } from '../connection/refusal.ts';
import type { Clock, ConnectionDeps, Store } from '../ports.ts';
import { subscribedAnswer } from './subscribed-answer.ts';

// A row that refuses a write and then looks as if it would not has changed in between. A client would have to send
// a conflicting message into each of these moments.
const MAX_ATTEMPTS = 10;

const LEFT_TOO_MANY = 'The connection has left too many rooms within a minute: wait a minute.';

interface Change {
  connectionId: string;
  roomId: string;
  entry: RoomEntry;
  origin: ErrorOrigin;
}

/** Takes one subscribe or unsubscribe; the answer tells what is true afterwards, also when a later message has won. */
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
    if (changed !== undefined) return answerTaken(deps, changed, change);
    const answer = await answerRefused(deps, change);
    if (answer !== undefined) return answer;
  }
  throw new Error('the connection kept changing under this message');
}

/** Says why the row refused the change; undefined where it would take it now. */
async function answerRefused(deps: ConnectionDeps, change: Change): Promise<ServerAnswer | undefined> {
  const { connectionId, roomId, entry, origin } = change;
  const current = await deps.store.getConnection(connectionId);
  const refused = await refuseConnection(deps, connectionId, current, origin);
  if (refused !== undefined || current === undefined) return refused;

  switch (roomRefusal(current, { roomId, ...entry })) {
    case undefined:
      return undefined;
    case 'superseded':
      return answerTaken(deps, current, change);
    case 'too_many_rooms':
      return tooManyRooms(deps, change);
    case 'too_many_remembered':
      if (await forgetLeftRooms(deps, current)) return undefined;
      // Never subscribed, and no space to note it: an unsubscribe has nothing to do.
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
  log('room_refused', { connectionId, roomId, code: 'too_many_rooms' });
  return errorAnswer('too_many_rooms', { ...origin, room: entry.request.echo }, message);
}

async function answerTaken(
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
 * Makes space in a connection's row by dropping rooms that were left long ago, memberships first: while the row
 * remembers a room, `$disconnect` still knows that it has something to delete. False where nothing could be dropped.
 */
export async function forgetLeftRooms(
  deps: { store: Pick<Store, 'forgetRooms' | 'deleteMembership'>; clock: Clock },
  connection: Connection,
): Promise<boolean> {
  const roomIds = forgettableRooms(connection, deps.clock());
  if (roomIds.length === 0) return false;
  await deleteMemberships(deps.store, connection, roomIds);
  await deps.store.forgetRooms(connection, roomIds);
  return true;
}
