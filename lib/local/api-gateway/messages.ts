import { type Connection, canBeAnswered, sendText } from './connection.ts';
import { type Gateway, newId } from './gateway.ts';
import { integrate } from './integration.ts';
import { MAX_MESSAGE_BYTES } from './limits.ts';
import { requestContext } from './request-context.ts';
import { selectRoute } from './route-selection.ts';
import { TOO_MANY_REQUESTS } from './throttling.ts';

/**
 * Serves one text message. Messages of one connection run concurrently and answer in the order in which their
 * functions end: AWS promises no other.
 */
export async function serveMessage(gateway: Gateway, connection: Connection, body: string): Promise<void> {
  const routeKey = selectRoute(gateway.api, body);
  const context = { ...requestContext(gateway, connection, routeKey, 'MESSAGE'), messageId: newId(gateway) };
  const send = (frame: string) => {
    if (canBeAnswered(connection)) sendText(connection, frame, gateway.time.now());
  };
  const sendError = (message: string) => {
    const { connectionId, requestId } = context;
    send(JSON.stringify({ message, connectionId, requestId }));
  };

  if (!gateway.throttling.admitsMessage(routeKey)) return sendError(TOO_MANY_REQUESTS);
  const route = gateway.api.routes[routeKey];
  if (route === undefined) return sendError('Forbidden');
  const event = { requestContext: context, body, isBase64Encoded: false };
  const result = await integrate(gateway, route.function, event);
  // The connection stays open, and a one-way route is told too.
  if (!result.ok) return sendError('Internal server error');
  if (!route.returnResponse) return;
  const answer = responseBody(result.payload);
  if (Buffer.byteLength(answer) <= MAX_MESSAGE_BYTES) return send(answer);
  const size = `${Buffer.byteLength(answer)} bytes, over the ${MAX_MESSAGE_BYTES} of a message`;
  gateway.print(`api: ${route.function} answered ${routeKey} with ${size}: the client is told of an error`);
  sendError('Internal server error');
}

/** A function that answers nothing on a two-way route makes an empty frame: clients must expect it, as AWS may send it. */
function responseBody(payload: unknown): string {
  const body = (payload as { body?: unknown } | null)?.body ?? '';
  return typeof body === 'string' ? body : JSON.stringify(body);
}
