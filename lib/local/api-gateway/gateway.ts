import type { WebSocketApi } from '../description.ts';
import type { Invoke } from '../invoke.ts';
import type { Time } from '../time.ts';
import type { Throttling } from './throttling.ts';

/**
 * Quotas of API Gateway WebSocket APIs; none can be raised:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
 */
export const MAX_MESSAGE_BYTES = 128 * 1024;
export const MAX_FRAME_BYTES = 32 * 1024;
export const IDLE_TIMEOUT_MS = 10 * 60 * 1000;
export const MAX_CONNECTION_MS = 2 * 60 * 60 * 1000;
/** How long a route's function may take to answer, whatever timeout the function itself has. */
export const INTEGRATION_TIMEOUT_MS = 29_000;

/**
 * What may wait for a client that does not read before posts to it are answered with 429. AWS documents that
 * this limit exists ("the WebSocket client side buffer is full"), not how large it is. It does not say what becomes of
 * answers, which nobody can be told of: here the connection ends.
 */
export const CLIENT_BUFFER_BYTES = 4 * 1024 * 1024;

/** What every part of the WebSocket API needs to know of the API it belongs to. */
export interface Gateway {
  api: WebSocketApi;
  apiId: string;
  stage: string;
  /** Host and port: `http://${domainName}/${stage}` is an endpoint for `@connections`. */
  domainName: string;
  invoke: Invoke;
  throttling: Throttling;
  time: Time;
  randomBytes: (size: number) => Uint8Array;
  print: (line: string) => void;
}

/** An id of a connection, request or message, such as `TXzPWdnOjoECGjA=`: eleven bytes, base64url with padding. */
export function newId({ randomBytes }: Pick<Gateway, 'randomBytes'>): string {
  return `${Buffer.from(randomBytes(11)).toString('base64url')}=`;
}
