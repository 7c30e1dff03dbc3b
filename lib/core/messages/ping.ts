import type { ServerAnswer } from '../../protocol/server-messages.ts';
import { type ClientRequest, originOf } from '../connection/answers.ts';
import { refuseConnection } from '../connection/close-connection.ts';
import { type Connection, subscriptionState } from '../connection/connection.ts';
import type { ConnectionDeps } from '../ports.ts';

/**
 * Handles `ping`. The answer says that the connection and its token are still valid. It has the number of the last frame
 * in each room that the client names, so that a client without events sees whether it missed any.
 */
export async function ping(
  deps: ConnectionDeps,
  { connectionId, message }: ClientRequest<'ping'>,
): Promise<ServerAnswer> {
  const connection = await deps.store.getConnection(connectionId);
  const refused = await refuseConnection(deps, connectionId, connection, originOf(message));
  if (refused !== undefined) return refused;
  const { rooms: askedRooms } = message.data;
  const rooms = askedRooms && (await lastFrames(deps, connection, Object.keys(askedRooms)));
  return {
    type: 'pong',
    data: rooms === undefined ? {} : { rooms },
    ...(message.id !== undefined && { id: message.id }),
  };
}

/** Room → number of its last frame. Leaves out rooms that this connection is not subscribed to. */
async function lastFrames(
  { store }: ConnectionDeps,
  connection: Connection | undefined,
  roomIds: readonly string[],
): Promise<Record<string, number>> {
  const live = roomIds.filter(
    (roomId) => connection !== undefined && subscriptionState(connection, roomId) === 'live',
  );
  const entries = live.map(
    async (roomId) => [roomId, (await store.readCursor(roomId))?.lastFrameSeq ?? 0] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}
