import {
  type ClientRequest,
  type ErrorOrigin,
  encodeAnswer,
  errorAnswer,
  originOf,
} from '../core/connection/answers.ts';
import { removeConnection } from '../core/connection/close-connection.ts';
import type { Log } from '../core/log.ts';
import type { ConnectionDeps } from '../core/ports.ts';
import type { ClientMessageType } from '../protocol/client-messages.ts';
import { parseClientMessage, type Refusal, refuseUnroutable } from '../protocol/parse-client-message.ts';
import type { ServerAnswer } from '../protocol/server-messages.ts';

/**
 * What API Gateway hands to the function of a WebSocket route, as far as it is used here.
 * `@types/aws-lambda` lacks the disconnect fields and calls `messageId` mandatory.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
 */
export interface WebSocketEvent {
  requestContext: {
    connectionId: string;
    eventType: 'CONNECT' | 'MESSAGE' | 'DISCONNECT';
    /** Epoch milliseconds. */
    connectedAt: number;
    /** When API Gateway took the message, epoch milliseconds. */
    requestTimeEpoch: number;
    /** The close code, of a DISCONNECT. */
    disconnectStatusCode?: number;
  };
  /** Only a MESSAGE has one. */
  body?: string;
}

export interface WebSocketResponse {
  statusCode: number;
  /** Sent to the client where the route has a route response. */
  body?: string;
}

export type WebSocketHandler = (event: WebSocketEvent) => Promise<WebSocketResponse>;

/**
 * The handler of a message's route. It always returns JSON: a route with a route response may send an empty frame for
 * an empty body, and API Gateway's own answer to a throw is not a message of this protocol.
 */
export function onClientMessage<Type extends ClientMessageType>(
  type: Type,
  log: Log,
  handle: (request: ClientRequest<Type>) => Promise<ServerAnswer>,
): WebSocketHandler {
  return async ({ requestContext, body }) => {
    const parsed = parseClientMessage(type, body);
    if (!parsed.ok) return respond(refusalAnswer(parsed));
    const { message } = parsed;
    const { connectionId, requestTimeEpoch: sentAt } = requestContext;
    try {
      return respond(await handle({ connectionId, sentAt, message }));
    } catch (error) {
      log('message_failed', { connectionId, requestType: type, error });
      return respond(errorAnswer('internal', originOf(message)));
    }
  };
}

/** The handler of `$default`: what comes here is no message of this protocol. */
export const onUnroutableMessage: WebSocketHandler = async ({ body }) =>
  respond(refusalAnswer(refuseUnroutable(body)));

export function refusalAnswer({ code, message, requestType, id }: Refusal): ServerAnswer {
  const origin: ErrorOrigin = {
    ...(requestType !== undefined && { requestType }),
    ...(id !== undefined && { id }),
  };
  return errorAnswer(code, origin, message);
}

function respond(answer: ServerAnswer): WebSocketResponse {
  return { statusCode: 200, body: JSON.stringify(answer) };
}

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
      const connection = await removeConnection(deps.store, connectionId);
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
