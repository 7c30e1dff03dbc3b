import type { WebSocketApi } from '../description.ts';
import type { InvocationResult } from '../invoke.ts';
import { canBeAnswered, type OpenConnection, sendText } from './connection.ts';
import { type Gateway, INTEGRATION_TIMEOUT_MS, MAX_MESSAGE_BYTES, newId } from './gateway.ts';
import { requestContext } from './route-events.ts';
import { TOO_MANY_REQUESTS } from './throttling.ts';

/**
 * Serves one text message. The messages of a connection run concurrently, and their answers come in the order in which the
 * functions end; AWS promises no other order.
 */
export async function serveMessage(
  gateway: Gateway,
  connection: OpenConnection,
  body: string,
): Promise<void> {
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
  // The connection stays open. A one-way route gets this error, too.
  if (!result.ok) return sendError('Internal server error');
  if (!route.returnResponse) return;
  const answer = responseBody(result.payload);
  if (Buffer.byteLength(answer) <= MAX_MESSAGE_BYTES) return send(answer);
  const size = `${Buffer.byteLength(answer)} bytes, over the ${MAX_MESSAGE_BYTES} of a message`;
  gateway.print(`api: ${route.function} answered ${routeKey} with ${size}: the client gets an error`);
  sendError('Internal server error');
}

/** An empty text if the function of a two-way route returns no body: AWS may send an empty frame, so clients must expect it. */
function responseBody(payload: unknown): string {
  const body = (payload as { body?: unknown } | null)?.body ?? '';
  return typeof body === 'string' ? body : JSON.stringify(body);
}

/**
 * The route key of a message: the value at the route selection expression if the API has a route of that name,
 * else `$default`. A client that names `$connect` or `$disconnect` does reach that route, as in AWS.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html
 */
function selectRoute(api: WebSocketApi, body: string): string {
  const selected = valueAt(body, selectionPath(api.routeSelectionExpression));
  return Object.hasOwn(api.routes, selected) ? selected : '$default';
}

/** @throws Error for an expression of another form than `$request.body.<path>`. */
export function selectionPath(expression: string): string[] {
  const path = /^\$request\.body\.([\w-]+(?:\.[\w-]+)*)$/.exec(expression)?.[1];
  if (path === undefined) throw new Error(`Unsupported route selection expression: ${expression}`);
  return path.split('.');
}

/** The value at a path of the body, as a string. Empty if it is missing or the body is not JSON; other values as JSON. */
function valueAt(body: string, path: string[]): string {
  let value = parse(body);
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return '';
    value = (value as Record<string, unknown>)[name];
  }
  return typeof value === 'string' ? value : jsonForm(value);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Empty for a value that is nested too deep: JSON.parse takes any depth, JSON.stringify does not. */
function jsonForm(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return '';
  }
}

/** Invokes the function of a route. After the integration timeout the result is an error, while the function continues. */
export function integrate(
  { invoke, time, print }: Gateway,
  functionName: string,
  event: unknown,
): Promise<InvocationResult> {
  return new Promise((resolve) => {
    const cancelTimeout = time.after(INTEGRATION_TIMEOUT_MS, () => {
      const errorMessage = `${functionName} has not answered within ${INTEGRATION_TIMEOUT_MS / 1000} seconds`;
      print(`api: ${errorMessage}, the integration timeout of API Gateway; the function continues`);
      resolve({ ok: false, error: { errorType: 'IntegrationTimeout', errorMessage, trace: [] } });
    });
    void invoke(functionName, event).then((result) => {
      cancelTimeout();
      resolve(result);
    });
  });
}
