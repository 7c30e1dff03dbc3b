import type { ServerAnswer } from '../protocol/server-messages.ts';
import { type ClientRequest, originOf } from './answers.ts';
import type { ConnectionDeps } from './ports.ts';
import { refuseConnection } from './refuse-connection.ts';

/** Answers a ping, so that a client in silence learns whether it is still known and its token still valid. */
export async function ping(
  deps: ConnectionDeps,
  { connectionId, message }: ClientRequest<'ping'>,
): Promise<ServerAnswer> {
  const connection = await deps.store.getConnection(connectionId);
  const refused = await refuseConnection(deps, connectionId, connection, originOf(message));
  return refused ?? { type: 'pong', data: {}, ...(message.id !== undefined && { id: message.id }) };
}
