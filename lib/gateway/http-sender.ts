import http, { type ClientRequest } from 'node:http';
import https from 'node:https';
import { urlToHttpOptions } from 'node:url';
import type { HttpRequest } from './connections-request.ts';

/**
 * Sends a request over a connection that is kept for the next one, and calls `end` once with the status of the answer;
 * with undefined if there was none. Destroying what is returned destroys the connection.
 */
export type Send = (request: HttpRequest, end: (status: number | undefined) => void) => ClientRequest;

export function httpSender(endpoint: URL, maxSockets: number): Send {
  const { Agent, request: open } = endpoint.protocol === 'https:' ? https : http;
  // The connection that was idle for the shortest time goes first: the least likely to have been closed meanwhile.
  const agent = new Agent({ keepAlive: true, maxSockets, maxFreeSockets: maxSockets, scheduling: 'lifo' });
  const { hostname, port } = urlToHttpOptions(endpoint);
  return ({ method, path, headers, body }, end) => {
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
  };
}
