import { type ClientRequest, type ErrorOrigin, errorAnswer, originOf } from '../core/answers.ts';
import type { Log } from '../core/log-events.ts';
import type { ClientMessageType } from '../protocol/client-messages.ts';
import { parseClientMessage, type Refusal, refuseUnroutable } from '../protocol/parse-client-message.ts';
import type { ServerAnswer } from '../protocol/server-messages.ts';
import type { WebSocketHandler, WebSocketResponse } from './websocket-event.ts';

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
