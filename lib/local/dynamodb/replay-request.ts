import { EventEmitter } from 'node:events';
import type { IncomingHttpHeaders, Server } from 'node:http';

export interface WholeRequest {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingHttpHeaders;
  body: Buffer | string;
}

/** Of a response dynalite uses no more than this. */
export interface DynaliteResponse {
  statusCode: number;
  setHeader(name: string, value: string | number): unknown;
  end(body?: string): unknown;
}

/**
 * Gives dynalite, which listens on no port, a request that has been read to its end. Throws what dynalite throws on
 * a request that it does not understand, such as an attribute value of null: as the listener of a real request it
 * would end the process. For the same reason it never sees the errors of a broken connection.
 */
export function replayRequest(server: Server, request: WholeRequest, response: DynaliteResponse): void {
  const { method, url, headers, body } = request;
  const replayed = Object.assign(new EventEmitter(), { method, url, headers });
  server.emit('request', replayed, response);
  replayed.emit('data', Buffer.from(body));
  replayed.emit('end');
}
