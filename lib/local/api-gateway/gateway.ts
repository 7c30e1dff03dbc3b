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
/** How long the function of a route may take to answer, even if its own timeout is longer. */
export const INTEGRATION_TIMEOUT_MS = 29_000;

/**
 * How much data may wait for a client that does not read. Above it a post is answered with 429. AWS documents that this limit
 * exists ("the WebSocket client side buffer is full"), but not its size. AWS does not document what happens to a route
 * response, for which no caller could get an error: here the connection ends.
 */
export const CLIENT_BUFFER_BYTES = 4 * 1024 * 1024;

/** The API and its environment, which every part of the WebSocket API uses. */
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

/** A new id of a connection, request or message, such as `TXzPWdnOjoECGjA=`: eleven bytes, base64url with padding. */
export function newId({ randomBytes }: Pick<Gateway, 'randomBytes'>): string {
  return `${Buffer.from(randomBytes(11)).toString('base64url')}=`;
}
