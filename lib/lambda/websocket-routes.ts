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
 * The event of a WebSocket route, reduced to the fields that are used here.
 * `@types/aws-lambda` lacks the disconnect fields and calls `messageId` mandatory.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
 */
export interface WebSocketEvent {
  requestContext: {
    connectionId: string;
    eventType: 'CONNECT' | 'MESSAGE' | 'DISCONNECT';
    /** Epoch milliseconds. */
    connectedAt: number;
    /** When API Gateway received the message. Epoch milliseconds. */
    requestTimeEpoch: number;
    /** The close code. Only a DISCONNECT has one. */
    disconnectStatusCode?: number;
  };
  /** Only a MESSAGE has one. */
  body?: string;
}

export interface WebSocketResponse {
  statusCode: number;
  /** Sent to the client if the route has a route response. */
  body?: string;
}

export type WebSocketHandler = (event: WebSocketEvent) => Promise<WebSocketResponse>;

/**
 * The handler of a message route. Always returns JSON and never throws: for an empty body, API Gateway may send an empty
 * frame, and its own answer to a throw is not a message of this protocol.
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

/** The handler of `$default`, which gets only messages that are not of this protocol. */
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

/** The handler of `$connect`. If `record` throws, it throws, and API Gateway refuses the connection. */
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
      // Without the close reason, because the client may write anything there.
      deps.log('disconnected', {
        connectionId,
        userId: connection?.user?.userId,
        rooms: connection && [...connection.rooms.values()].filter(({ on }) => on).length,
        code: disconnectStatusCode === undefined ? undefined : `${disconnectStatusCode}`,
      });
    } catch (error) {
      deps.log('disconnect_failed', { connectionId, error });
      throw error;
    }
  });
}

/**
 * A client reaches these routes, too, by sending a message of type `$connect` or `$disconnect`. Such a message is refused
 * like any unknown type. The refusal is posted, because these routes have no route response.
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
