import { WebSocket } from 'ws';
import { type Closing, NOT_READING } from './close-codes.ts';
import { CLIENT_BUFFER_BYTES } from './limits.ts';

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
