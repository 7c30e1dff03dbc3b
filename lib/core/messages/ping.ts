import type { ServerAnswer } from '../../protocol/server-messages.ts';
import { type ClientRequest, originOf } from '../connection/answers.ts';
import { refuseConnection } from '../connection/close-connection.ts';
import { type Connection, roomState } from '../connection/connection.ts';
import type { ConnectionDeps } from '../ports.ts';

/**
 * Answers a ping, so that a client in silence learns whether it is still known and its token still valid; and, of the
 * rooms it names, what was the last frame that it must have.
 */
export async function ping(
  deps: ConnectionDeps,
  { connectionId, message }: ClientRequest<'ping'>,
): Promise<ServerAnswer> {
  const connection = await deps.store.getConnection(connectionId);
  const refused = await refuseConnection(deps, connectionId, connection, originOf(message));
  if (refused !== undefined) return refused;
  const { rooms: positions } = message.data;
  const rooms = positions && (await lastFrames(deps, connection, Object.keys(positions)));
  return {
    type: 'pong',
    data: rooms === undefined ? {} : { rooms },
    ...(message.id !== undefined && { id: message.id }),
  };
}

/** Room → number of its last frame, of the rooms that this connection is subscribed to. */
async function lastFrames(
  { store }: ConnectionDeps,
  connection: Connection | undefined,
  roomIds: readonly string[],
): Promise<Record<string, number>> {
  const live = roomIds.filter(
    (roomId) => connection !== undefined && roomState(connection, roomId) === 'live',
  );
  const entries = live.map(
    async (roomId) => [roomId, (await store.readCursor(roomId))?.lastFrameSeq ?? 0] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}
