import { WebSocket } from 'ws';
import type { Time } from '../time.ts';
import { CLIENT_BUFFER_BYTES, IDLE_TIMEOUT_MS, MAX_CONNECTION_MS } from './gateway.ts';

/** What is known of a client before its connection is established. Times are epoch milliseconds. */
export interface Client {
  connectionId: string;
  connectedAt: number;
  sourceIp: string;
  userAgent: string | undefined;
}

/** A client whose `$connect` has succeeded. */
export interface Connection extends Client {
  webSocket: WebSocket;
  /** Last message in either direction. */
  lastActiveAt: number;
  /** Set once API Gateway, not the client, has ended the connection. */
  endedWith?: Closing;
  /** Somebody wants to see what happens when posts to this client are refused. */
  isThrottled?: boolean;
}

/** Whether the client can still be sent something. Not during either side's closing handshake. */
export function isOpen(connection: Connection): boolean {
  return connection.webSocket.readyState === WebSocket.OPEN;
}

/** Whether so much is waiting for this client that AWS would refuse more. */
export function isBackedUp(connection: Connection): boolean {
  return connection.isThrottled === true || isBufferFull(connection);
}

/** Whether nothing more may be kept for this client until it reads. */
function isBufferFull({ webSocket }: Connection): boolean {
  return webSocket.bufferedAmount > CLIENT_BUFFER_BYTES;
}

/** Whether what a client is answered may be sent to it. Otherwise it has asked for more than it reads, and the connection ends. */
export function canBeAnswered(connection: Connection): boolean {
  if (!isBufferFull(connection)) return true;
  endConnection(connection, NOT_READING);
  return false;
}

/** Sends one text frame with exactly these bytes. Does nothing on a connection that is closing. */
export function sendText(connection: Connection, data: string | Buffer, now: number): void {
  if (!isOpen(connection)) return;
  connection.lastActiveAt = now;
  connection.webSocket.send(data, { binary: false });
}

/** Ends the connection from the server's side. Only the first call counts. */
export function endConnection(connection: Connection, closing: Closing): void {
  if (!isOpen(connection)) return;
  connection.endedWith = closing;
  connection.webSocket.close(closing.code, closing.reason);
}

/** How a connection ends, as the client sees it and as the `$disconnect` event tells it. */
export interface Closing {
  code: number;
  reason: string;
}

/** Ten minutes without a message, two hours of life, or the emulator itself going down. */
export const GOING_AWAY: Closing = { code: 1001, reason: 'Going away' };
/** `DELETE @connections`: AWS lets nobody choose another code (aws/chalice#2060). */
export const CLOSED_NORMALLY: Closing = { code: 1000, reason: 'Connection Closed Normally' };
/** Binary frames are not supported. */
export const UNSUPPORTED_DATA: Closing = { code: 1003, reason: '' };
/** A message over 128 KB or a frame over 32 KB. */
export const TOO_LARGE: Closing = { code: 1009, reason: '' };
/** A client that does not read what it is answered. AWS does not say how it ends; 1008 is its code for what it throttles. */
export const NOT_READING: Closing = { code: 1008, reason: '' };
/**
 * What API Gateway does without a cause in the client's message: it is throttled, has failed, restarts. That it closes
 * with these codes AWS says (api-gateway.md of the skill aws-serverless in github.com/aws/agent-toolkit-for-aws); when
 * exactly, and with what reason, it does not, so they are made on request alone.
 */
export const ON_REQUEST: readonly Closing[] = [
  { code: 1008, reason: '' },
  { code: 1011, reason: '' },
  { code: 1012, reason: '' },
];
/** The TCP connection ended without a close frame. */
export const ABNORMAL: Closing = { code: 1006, reason: '' };

const NO_STATUS = 1005;

/** What `$disconnect` is told about a client's own close frame; AWS words the absence of a code itself. */
export function closedByClient(code: number, reason: string): Closing {
  return code === NO_STATUS ? { code, reason: 'Client-side close frame status not set' } : { code, reason };
}

/**
 * Ends a connection after ten minutes without a message, and after two hours in any case. Returns what cancels both.
 * Protocol pings are no messages.
 */
export function limitLifetime(connection: Connection, time: Time): () => void {
  const end = () => endConnection(connection, GOING_AWAY);
  const cancelMaximum = time.after(connection.connectedAt + MAX_CONNECTION_MS - time.now(), end);
  let cancelIdle: () => void;

  // One timer that looks again when it fires, instead of a new one for every message.
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
