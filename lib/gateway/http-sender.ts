import http, { type ClientRequest } from 'node:http';
import https from 'node:https';
import { urlToHttpOptions } from 'node:url';
import type { Clock } from '../core/ports.ts';
import type { HttpRequest } from './connections-request.ts';
import { keptSockets } from './kept-sockets.ts';

/**
 * Sends a request over a keep-alive connection, and calls `end` once with the status of the answer, or with undefined
 * if there was none. Destroying what is returned destroys the connection.
 */
export type Send = (request: HttpRequest, end: (status: number | undefined) => void) => { destroy(): void };

export interface HttpSenderOptions {
  clock: Clock;
  maxSockets: number;
  /** How long to wait for an answer over a connection that may have been closed while the function was frozen. */
  doubtMs: number;
}

/**
 * If a reused idle connection breaks or does not begin to answer within `doubtMs`, the request is sent a second time,
 * on a new or recently used connection. Both copies may arrive, and the first may arrive after a later frame: clients
 * drop it as a repeat, by its numbers. No frame is overtaken, since the next one is sent after one copy of this was
 * answered.
 */
export function httpSender(endpoint: URL, { clock, maxSockets, doubtMs }: HttpSenderOptions): Send {
  const { Agent, request: open } = endpoint.protocol === 'https:' ? https : http;
  // The connection that was idle for the shortest time goes first: it is the least likely to have been closed.
  const agent = new Agent({ keepAlive: true, maxSockets, maxFreeSockets: maxSockets, scheduling: 'lifo' });
  const inDoubt = new WeakSet<ClientRequest>();
  const sockets = keptSockets(agent, clock, (request) => inDoubt.add(request));
  const { hostname, port } = urlToHttpOptions(endpoint);

  function sendOnce({ method, path, headers, body }: HttpRequest, end: (status: number | undefined) => void) {
    let status: number | undefined;
    const request = open({ agent, hostname, port, method, path, headers });
    request.on('response', (response) => {
      status = response.statusCode;
      response.resume();
    });
    // 'close' comes after it.
    request.on('error', () => undefined);
    // Not at the end of the answer: only now the connection is free for the next request.
    request.on('close', () => end(status));
    request.end(body);
    return request;
  }

  return (request, end) => {
    sockets.closeStale();
    let onEnd = end;
    const first = sendOnce(request, (status) => onEnd(status));
    if (!inDoubt.has(first)) return first;

    const begunAt = clock();
    let second: ClientRequest | undefined;
    let isDestroyed = false;
    const doubt = setTimeout(() => first.destroy(), doubtMs);
    first.on('response', () => clearTimeout(doubt));
    onEnd = (status) => {
      clearTimeout(doubt);
      if (status !== undefined || isDestroyed) return end(status);
      sockets.closeIdleSince(begunAt);
      second = sendOnce(request, end);
    };
    return {
      destroy() {
        isDestroyed = true;
        (second ?? first).destroy();
      },
    };
  };
}
