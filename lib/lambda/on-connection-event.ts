import { encodeAnswer } from '../core/answers.ts';
import { disconnect } from '../core/disconnect.ts';
import type { ConnectionDeps } from '../core/ports.ts';
import { refuseUnroutable } from '../protocol/parse-client-message.ts';
import { refusalAnswer } from './on-client-message.ts';
import type { WebSocketEvent, WebSocketHandler } from './websocket-event.ts';

type Context = WebSocketEvent['requestContext'];
type Deps = Pick<ConnectionDeps, 'gateway' | 'log'>;

/** The handler of `$connect`. Throws what `record` throws: API Gateway then refuses the connection. */
export function onConnect(deps: Deps, record: (connection: Context) => Promise<void>): WebSocketHandler {
  return onConnectionEvent(deps, 'CONNECT', async (connection) => {
    try {
      await record(connection);
    } catch (error) {
      deps.log('connect_failed', { connectionId: connection.connectionId, error });
      throw error;
    }
  });
}

/** The handler of `$disconnect`. */
export function onDisconnect(deps: Deps & Pick<ConnectionDeps, 'store'>): WebSocketHandler {
  return onConnectionEvent(deps, 'DISCONNECT', async ({ connectionId, disconnectStatusCode }) => {
    try {
      const connection = await disconnect(deps.store, connectionId);
      // Not the reason: the client writes it, and may write anything.
      deps.log('disconnected', {
        connectionId,
        userId: connection?.user?.userId,
        rooms: connection && [...connection.rooms.values()].filter(({ on }) => on).length,
        code: disconnectStatusCode === undefined ? undefined : String(disconnectStatusCode),
      });
    } catch (error) {
      deps.log('disconnect_failed', { connectionId, error });
      throw error;
    }
  });
}

/**
 * A client that names the route as its message's type reaches it as well: such a message is refused like any unknown
 * type. It is posted, because these routes have no route response.
 */
function onConnectionEvent(
  { gateway }: Deps,
  eventType: 'CONNECT' | 'DISCONNECT',
  handle: (context: Context) => Promise<void>,
): WebSocketHandler {
  return async ({ requestContext, body }) => {
    if (requestContext.eventType === eventType) {
      await handle(requestContext);
    } else {
      await gateway.post(requestContext.connectionId, encodeAnswer(refusalAnswer(refuseUnroutable(body))));
    }
    return { statusCode: 200 };
  };
}
