import type { IncomingMessage, ServerResponse } from 'node:http';
import { GOING_AWAY, ON_REQUEST } from '../api-gateway/close-codes.ts';
import { type Connection, endConnection } from '../api-gateway/connection.ts';
import { percentDecoded } from '../http/percent-decoded.ts';
import { readBody } from '../http/read-body.ts';
import { respond, respondJson } from '../http/respond.ts';

/** What the application itself can do to a connection; false where it cannot be done to this one. */
export type ConnectionAction = (connectionId: string) => Promise<boolean>;

export interface ConnectionRoutesOptions {
  connections: () => Connection[];
  /** What the application knows of a connection, shown beside what API Gateway knows. */
  inspectConnection: ((connectionId: string) => Promise<Record<string, unknown>>) | undefined;
  /** By the last segment of their path. */
  connectionActions: Record<string, ConnectionAction> | undefined;
}

const ACTION_PATH = /^\/dev\/connections\/([^/]+)\/([a-z-]+)$/;
const LONGEST_BODY = 1_024;
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
  if (action === 'drop') {
    connection.webSocket.terminate();
    return respond(response, 204);
  }
  if (action === 'close') return close(connection, request, response);
  if (action === 'throttle') return throttle(connection, request, response);
  const { connectionActions = {} } = options;
  const act = Object.hasOwn(connectionActions, action) ? connectionActions[action] : undefined;
  if (act === undefined)
    return refuse(response, 404, `Nothing called ${action} can be done to a connection.`);
  if (await act(connectionId)) return respond(response, 204);
  refuse(response, 409, `${action} cannot be done to this connection now.`);
}

async function close(connection: Connection, request: IncomingMessage, response: ServerResponse) {
  const { code } = await bodyOf(request);
  const closing = CLOSINGS.find((candidate) => candidate.code === code);
  if (closing === undefined) {
    const codes = CLOSINGS.map((known) => `{"code":${known.code}}`);
    return refuse(response, 400, `The body must be ${codes.join(' or ')}.`);
  }
  endConnection(connection, closing);
  respond(response, 204);
}

async function throttle(connection: Connection, request: IncomingMessage, response: ServerResponse) {
  const { throttled } = await bodyOf(request);
  if (typeof throttled !== 'boolean') {
    return refuse(response, 400, 'The body must be {"throttled":true} or {"throttled":false}.');
  }
  connection.isThrottled = throttled;
  respond(response, 204);
}

/** Without fields, where it is no JSON object. */
async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const body = await readBody(request, LONGEST_BODY);
  try {
    return (JSON.parse(String(body ?? '')) as Record<string, unknown> | null) ?? {};
  } catch {
    return {};
  }
}

function refuse(response: ServerResponse, statusCode: number, error: string): void {
  respondJson(response, statusCode, { error });
}
