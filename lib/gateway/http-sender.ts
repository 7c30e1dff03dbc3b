import http, { type ClientRequest } from 'node:http';
import https from 'node:https';
import { urlToHttpOptions } from 'node:url';
import type { Clock } from '../core/ports.ts';
import type { HttpRequest } from './connections-request.ts';
import { keptSockets } from './kept-sockets.ts';

/**
 * Sends a request over a connection that is kept for the next one, and calls `end` once with the status of the answer;
 * with undefined if there was none. Destroying what is returned destroys the connection.
 */
export type Send = (request: HttpRequest, end: (status: number | undefined) => void) => { destroy(): void };

export interface HttpSenderOptions {
  clock: Clock;
  maxSockets: number;
  /** How long an answer over a connection that may have been closed without a word is waited for. */
  doubtMs: number;
}

/**
 * Where no answer has begun over a connection that was idle before, in time or because it broke, the request is sent
 * once more, over one that was made or has been answered over since. Both copies may arrive: then the first may land
 * behind a later frame. It is a repeat there, by its numbers; no frame is overtaken, since the next one is sent when one
 * copy of this has been answered.
 */
export function httpSender(endpoint: URL, { clock, maxSockets, doubtMs }: HttpSenderOptions): Send {
  const { Agent, request: open } = endpoint.protocol === 'https:' ? https : http;
  // The connection that was idle for the shortest time goes first: the least likely to have been closed meanwhile.
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
    // Not at the end of the answer: the connection is free for the next request only now.
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
