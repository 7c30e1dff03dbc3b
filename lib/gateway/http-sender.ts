import http, { type Agent, type ClientRequest } from 'node:http';
import https from 'node:https';
import { urlToHttpOptions } from 'node:url';
import type { Clock } from '../core/ports.ts';
import type { HttpRequest } from './sign-request.ts';

/**
 * Sends a request over a keep-alive connection, and calls `end` once: with the status of the answer, or with undefined if
 * there was none. `destroy` of the result aborts the request and closes its connection.
 */
export type Send = (request: HttpRequest, end: (status: number | undefined) => void) => { destroy(): void };

interface HttpSenderOptions {
  clock: Clock;
  maxSockets: number;
  /**
   * How long to wait for an answer over a connection that may have been closed while the function was frozen.
   * Milliseconds.
   */
  doubtMs: number;
}

/**
 * A sender that repeats a request, on a new or recently used connection, if a reused idle connection breaks or does not
 * start to answer within `doubtMs`. Both copies may arrive, and the first may arrive after a later frame; clients drop it
 * as a repeat by its number. No frame overtakes an earlier one, because the next frame is sent after a copy was answered.
 */
export function httpSender(endpoint: URL, { clock, maxSockets, doubtMs }: HttpSenderOptions): Send {
  const { Agent, request: open } = endpoint.protocol === 'https:' ? https : http;
  // Uses the connection that was idle for the shortest time, because it is the least likely to have been closed.
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
    // The event 'close' follows and reports the end.
    request.on('error', () => undefined);
    // Waits for 'close' and not for the end of the answer: only then is the connection free for the next request.
    request.on('close', () => end(status));
    request.end(body);
    return request;
  }

  return (request, end) => {
    sockets.closeStale();
    let onEnd = end;
    const first = sendOnce(request, (status) => onEnd(status));
    if (!inDoubt.has(first)) return first;

    const startedAt = clock();
    let second: ClientRequest | undefined;
    let isDestroyed = false;
    const doubt = setTimeout(() => first.destroy(), doubtMs);
    first.on('response', () => clearTimeout(doubt));
    onEnd = (status) => {
      clearTimeout(doubt);
      if (status !== undefined || isDestroyed) return end(status);
      sockets.closeIdleSince(startedAt);
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

/**
 * A socket that was idle for longer is not used again. Lambda freezes a function between its invocations
 * (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html). Packets that arrive during a freeze may
 * be lost, including the FIN that closes a connection; the socket then looks open. How long the other side keeps an idle
 * socket is not documented; 30 s is assumed to be less.
 */
const MAX_IDLE_MS = 30_000;
/**
 * A socket that was idle for at least this long may have been closed while the function was frozen. A socket that carried
 * an answer more recently is assumed to be open (not measured on AWS): if it does not answer, API Gateway is slow.
 */
const IN_DOUBT_AFTER_MS = 1_000;

/**
 * The idle sockets of an agent. They are closed by comparing clock times and not by the agent's `timeout` or other timers:
 * a frozen function runs no timers, and after a freeze a request may start before they fire.
 */
interface KeptSockets {
  /** Closes the sockets that have been idle for too long. To be called before each request. */
  closeStale(): void;
  /**
   * Closes the sockets that became idle at this time (epoch milliseconds) or earlier. A freeze that broke one of them has
   * broken all.
   */
  closeIdleSince(time: number): void;
}

/**
 * Watches the sockets of an agent. `onReuse` is called when a request gets a socket that may have been closed while the
 * function was frozen.
 */
export function keptSockets(
  agent: Agent,
  clock: Clock,
  onReuse: (request: ClientRequest) => void = () => undefined,
): KeptSockets {
  const idleSince = new WeakMap<object, number>();
  const idleMs = (socket: object, now: number) => now - (idleSince.get(socket) ?? now);
  // Node's hooks for this: https://nodejs.org/api/http.html#agentkeepsocketalivesocket
  const keep = agent.keepSocketAlive.bind(agent);
  const reuse = agent.reuseSocket.bind(agent);
  agent.keepSocketAlive = (socket) => {
    idleSince.set(socket, clock());
    return keep(socket);
  };
  agent.reuseSocket = (socket, request) => {
    if (idleMs(socket, clock()) >= IN_DOUBT_AFTER_MS) onReuse(request);
    reuse(socket, request);
  };

  function closeIdleSince(time: number): void {
    // Runs before each of thousands of posts and rarely closes a socket, so it allocates no list.
    for (const host in agent.freeSockets) {
      for (const socket of agent.freeSockets[host] ?? []) {
        // The sockets are in the order in which they became idle.
        if ((idleSince.get(socket) ?? time) > time) break;
        socket.destroy();
      }
    }
  }

  return {
    closeStale: () => closeIdleSince(clock() - MAX_IDLE_MS - 1),
    closeIdleSince,
  };
}
