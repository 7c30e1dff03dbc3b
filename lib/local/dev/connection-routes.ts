import type { IncomingMessage, ServerResponse } from 'node:http';
import { endConnection, GOING_AWAY, ON_REQUEST, type OpenConnection } from '../api-gateway/connection.ts';
import { percentDecoded, readBody, tooLargeSentence } from '../http/request.ts';
import { respond, respondJson } from '../http/respond.ts';

/** An action of the application on a connection. Resolves with false if it is not possible on this connection. */
export type ConnectionAction = (connectionId: string) => Promise<boolean>;

export interface ConnectionRoutesOptions {
  connections: () => OpenConnection[];
  /** Fields of the application about a connection, shown beside those of API Gateway. */
  inspectConnection: ((connectionId: string) => Promise<Record<string, unknown>>) | undefined;
  /** By the last segment of the path. */
  connectionActions: Record<string, ConnectionAction> | undefined;
}

const ACTION_PATH = /^\/dev\/connections\/([^/]+)\/([a-z-]+)$/;
const MAX_BODY = 1_024;
const CLOSINGS = [GOING_AWAY, ...ON_REQUEST];

/** `GET /dev/connections` */
export async function listConnections(
  { connections, inspectConnection }: ConnectionRoutesOptions,
  response: ServerResponse,
): Promise<void> {
  const known = connections().map(
    async ({ connectionId, connectedAt, lastActiveAt, sourceIp, isThrottled }) => ({
      connectionId,
      connectedAt: new Date(connectedAt).toISOString(),
      lastActiveAt: new Date(lastActiveAt).toISOString(),
      sourceIp,
      throttled: isThrottled === true,
      ...(await inspectConnection?.(connectionId)),
    }),
  );
  respondJson(response, 200, await Promise.all(known));
}

/** Whether the path is `/dev/connections/<id>/<action>`. */
export function isActionPath(path: string): boolean {
  return ACTION_PATH.test(path);
}

/** `POST /dev/connections/<id>/drop`, `…/close`, `…/throttle`, or an action of the application. */
export async function actOnConnection(
  options: ConnectionRoutesOptions,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [, encodedId = '', action = ''] = ACTION_PATH.exec(path) ?? [];
  const connectionId = percentDecoded(encodedId);
  const connection = options.connections().find((candidate) => candidate.connectionId === connectionId);
  if (connection === undefined) return refuse(response, 404, `There is no connection ${connectionId}.`);
  const body = await readBody(request, MAX_BODY);
  if (body === undefined) return refuse(response, 413, tooLargeSentence(MAX_BODY));
  if (action === 'drop') {
    connection.webSocket.terminate();
    return respond(response, 204);
  }
  if (action === 'close') return close(connection, fieldsOf(body), response);
  if (action === 'throttle') return throttle(connection, fieldsOf(body), response);
  const { connectionActions = {} } = options;
  const act = Object.hasOwn(connectionActions, action) ? connectionActions[action] : undefined;
  if (act === undefined) return refuse(response, 404, `There is no action ${action} on a connection.`);
  if (await act(connectionId)) return respond(response, 204);
  refuse(response, 409, `The action ${action} is not possible on this connection now.`);
}

function close(
  connection: OpenConnection,
  { code }: Record<string, unknown>,
  response: ServerResponse,
): void {
  const closing = CLOSINGS.find((candidate) => candidate.code === code);
  if (closing === undefined) {
    const codes = CLOSINGS.map((known) => `{"code":${known.code}}`);
    refuse(response, 400, `The body must be ${codes.join(' or ')}.`);
  } else {
    endConnection(connection, closing);
    respond(response, 204);
  }
}

function throttle(
  connection: OpenConnection,
  { throttled }: Record<string, unknown>,
  response: ServerResponse,
): void {
  if (typeof throttled !== 'boolean') {
    refuse(response, 400, 'The body must be {"throttled":true} or {"throttled":false}.');
  } else {
    connection.isThrottled = throttled;
    respond(response, 204);
  }
}

/** The fields of a JSON body; none if it is not a JSON object. */
function fieldsOf(body: Buffer): Record<string, unknown> {
  try {
    return (JSON.parse(String(body)) as Record<string, unknown> | null) ?? {};
  } catch {
    return {};
  }
}

function refuse(response: ServerResponse, statusCode: number, error: string): void {
  respondJson(response, statusCode, { error });
}
