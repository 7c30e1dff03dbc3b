import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from '../aws-json-service.ts';
import { percentDecoded, readBody } from '../http/request.ts';
import { respond, respondJson } from '../http/respond.ts';
import type { Time } from '../time.ts';
import { CLOSED_NORMALLY, endConnection, isBackedUp, type OpenConnection, sendText } from './connection.ts';
import { MAX_MESSAGE_BYTES } from './gateway.ts';
import { TOO_MANY_REQUESTS } from './throttling.ts';
import type { WebSocketApiServer } from './web-socket-api.ts';

/** HTTP method → operation, under the names of the SDK. */
export const MANAGEMENT_OPERATIONS: Record<string, ManagementOperation> = {
  POST: 'PostToConnection',
  GET: 'GetConnection',
  DELETE: 'DeleteConnection',
};

type ManagementOperation = 'PostToConnection' | 'GetConnection' | 'DeleteConnection';

interface ManagementCall {
  operation: ManagementOperation;
  connectionId: string;
  request: IncomingMessage;
  response: ServerResponse;
}

/**
 * The `@connections` API:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
 * @throws AwsError GoneException (410), PayloadTooLargeException (413), LimitExceededException (429) if the client does not
 *   read, or the account has used up its requests.
 */
export function serveManagementCall(
  api: WebSocketApiServer,
  time: Time,
  call: ManagementCall,
): Promise<void> {
  return readBody(call.request, MAX_MESSAGE_BYTES).then((body) => manage(api, time, call, body));
}

function manage(
  api: WebSocketApiServer,
  time: Time,
  { operation, connectionId, response }: ManagementCall,
  body: Buffer | undefined,
): void {
  if (!api.throttling.admitsCall()) throw new AwsError('LimitExceededException', TOO_MANY_REQUESTS, 429);
  if (body === undefined) {
    throw new AwsError('PayloadTooLargeException', `Message is over ${MAX_MESSAGE_BYTES} bytes`, 413);
  }
  const connection = api.find(connectionId);
  // AWS gives the same answer for an id that is not yet established, closed, or unknown.
  if (connection === undefined) throw new AwsError('GoneException', 'Gone', 410);
  if (operation === 'GetConnection') {
    respondJson(response, 200, description(connection));
  } else if (operation === 'DeleteConnection') {
    endConnection(connection, CLOSED_NORMALLY);
    respond(response, 204);
  } else if (isBackedUp(connection)) {
    throw new AwsError('LimitExceededException', 'The client does not read', 429);
  } else {
    sendText(connection, body, time.now());
    respond(response, 200);
  }
}

function description({ connectedAt, lastActiveAt, sourceIp, userAgent }: OpenConnection) {
  return {
    connectedAt: new Date(connectedAt).toISOString(),
    lastActiveAt: new Date(lastActiveAt).toISOString(),
    identity: { sourceIp, ...(userAgent !== undefined && { userAgent }) },
  };
}

export interface ManagementPath {
  /** Absent in the form without a stage. */
  stage: string | undefined;
  connectionId: string;
}

/**
 * Reads `/@connections/{id}` and `/{stage}/@connections/{id}`; undefined for any other path. SDKs send the id's `=`
 * as `%3D`, some clients the `@` as `%40`.
 */
export function managementPath(path: string): ManagementPath | undefined {
  const match = /^(?:\/([^/]+))?\/(?:@|%40)connections\/([^/]+)$/i.exec(path);
  if (match === null) return undefined;
  const [, stage, id = ''] = match;
  return { stage, connectionId: percentDecoded(id) };
}
