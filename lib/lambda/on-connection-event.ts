import { encodeAnswer } from '../core/answers.ts';
import type { Gateway } from '../core/ports.ts';
import { refuseUnroutable } from '../protocol/parse-client-message.ts';
import { refusalAnswer } from './on-client-message.ts';
import type { WebSocketEvent, WebSocketHandler } from './websocket-event.ts';

/**
 * The handler of `$connect` or `$disconnect`. A client that names the route as its message's type reaches it as well:
 * such a message is refused like any unknown type. It is posted, because these routes have no route response.
 */
export function onConnectionEvent(
  eventType: 'CONNECT' | 'DISCONNECT',
  gateway: Pick<Gateway, 'post'>,
  handle: (event: WebSocketEvent['requestContext']) => Promise<unknown>,
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
