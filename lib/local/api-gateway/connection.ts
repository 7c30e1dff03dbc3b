import { WebSocket } from 'ws';
import type { Time } from '../time.ts';
import { CLIENT_BUFFER_BYTES, IDLE_TIMEOUT_MS, MAX_CONNECTION_MS } from './gateway.ts';

/** A client before its connection is established. Times are epoch milliseconds. */
export interface Client {
  connectionId: string;
  connectedAt: number;
  sourceIp: string;
  userAgent: string | undefined;
}

/** A client whose `$connect` has succeeded. */
export interface OpenConnection extends Client {
  webSocket: WebSocket;
  /** Time of the last message in either direction. */
  lastActiveAt: number;
  /** Set when API Gateway, not the client, has ended the connection. */
  endedWith?: Closing;
  /** A developer has asked that posts to this client are answered with 429. */
  isThrottled?: boolean;
}

/** Whether data can be sent to the client. False during a closing handshake. */
export function isOpen(connection: OpenConnection): boolean {
  return connection.webSocket.readyState === WebSocket.OPEN;
}

/** Whether AWS would refuse a post to this client, because too much data waits for it. */
export function isBackedUp(connection: OpenConnection): boolean {
  return connection.isThrottled === true || isBufferFull(connection);
}

/** Whether the buffer of this client is full. */
function isBufferFull({ webSocket }: OpenConnection): boolean {
  return webSocket.bufferedAmount > CLIENT_BUFFER_BYTES;
}

/** Whether a route response may be sent. If the buffer is full, because the client does not read, the connection ends. */
export function canBeAnswered(connection: OpenConnection): boolean {
  if (!isBufferFull(connection)) return true;
  endConnection(connection, NOT_READING);
  return false;
}

/** Sends one text frame with these bytes. Does nothing if the connection is not open. */
export function sendText(connection: OpenConnection, data: string | Buffer, now: number): void {
  if (!isOpen(connection)) return;
  connection.lastActiveAt = now;
  connection.webSocket.send(data, { binary: false });
}

/** Ends the connection from the server's side. Only the first call counts. */
export function endConnection(connection: OpenConnection, closing: Closing): void {
  if (!isOpen(connection)) return;
  connection.endedWith = closing;
  connection.webSocket.close(closing.code, closing.reason);
}

/** How a connection ends: in the close frame, and in the `$disconnect` event. */
export interface Closing {
  code: number;
  reason: string;
}

/** Ten minutes without a message, two hours of life, or the end of the local emulator. */
export const GOING_AWAY: Closing = { code: 1001, reason: 'Going away' };
/** `DELETE @connections`: the caller cannot choose another code (aws/chalice#2060). */
export const CLOSED_NORMALLY: Closing = { code: 1000, reason: 'Connection Closed Normally' };
/** Binary frames are not supported. */
export const UNSUPPORTED_DATA: Closing = { code: 1003, reason: '' };
/** A message over 128 KB or a frame over 32 KB. */
export const TOO_LARGE: Closing = { code: 1009, reason: '' };
/** A client that does not read its route responses. AWS does not document this case; 1008 is its code for throttling. */
export const NOT_READING: Closing = { code: 1008, reason: '' };
/**
 * Closings by API Gateway without a cause in the client's message: throttling, a failure, a restart. AWS documents these codes
 * (api-gateway.md of the skill aws-serverless in github.com/aws/agent-toolkit-for-aws), but not exactly when they occur and
 * with what reason. So the local emulator makes them only on request.
 */
export const ON_REQUEST: readonly Closing[] = [
  { code: 1008, reason: '' },
  { code: 1011, reason: '' },
  { code: 1012, reason: '' },
];
/** The TCP connection ended without a close frame. */
export const ABNORMAL: Closing = { code: 1006, reason: '' };

const NO_STATUS = 1005;

/** How the `$disconnect` event states the close frame of a client. AWS has its own text for a frame without a code. */
export function closedByClient(code: number, reason: string): Closing {
  return code === NO_STATUS ? { code, reason: 'Client-side close frame status not set' } : { code, reason };
}

/**
 * Ends a connection after ten minutes without a message, and after two hours in any case. Returns a function that cancels
 * both. Protocol pings do not count as messages.
 */
export function limitLifetime(connection: OpenConnection, time: Time): () => void {
  const end = () => endConnection(connection, GOING_AWAY);
  const cancelMaximum = time.after(connection.connectedAt + MAX_CONNECTION_MS - time.now(), end);
  let cancelIdle: () => void;

  // One timer that checks again when it fires, instead of a new timer for every message.
  const watchIdle = () => {
    const remaining = connection.lastActiveAt + IDLE_TIMEOUT_MS - time.now();
    if (remaining <= 0) end();
    else cancelIdle = time.after(remaining, watchIdle);
  };
  watchIdle();

  return () => {
    cancelMaximum();
    cancelIdle();
  };
}
