import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { invocationScope, type RunningInvocation } from './function-isolation.ts';

interface LateCallsOptions {
  /** Whether a request to this `host:port` is a call to an AWS API of this emulator. */
  isOwnHost: (hostAndPort: string) => boolean;
  print: (line: string) => void;
}

interface Call {
  host: string;
  method: string;
  path: string;
  target: string | undefined;
}

/** The part of undici's message about a new request that is used here. `fetch` is undici, too. */
interface UndiciRequestCreated {
  request: { origin: string | URL; method: string; path: string; headers: string | unknown[] };
}

/** The part of undici's message about a written request that is used here. */
interface UndiciHeadersSent {
  request: object;
  socket: Socket;
}

/** The caller's end of a connection, as the server sees it. */
export type CallingSocket = Pick<Socket, 'remoteAddress' | 'remotePort'>;

interface LateCalls {
  /**
   * Whether the latest request on this socket was sent by an invocation whose environment had ended. Each request on the
   * socket needs its own answer.
   */
  isCutOff(socket: CallingSocket): boolean;
  stop(): void;
}

/**
 * Finds the invocation that makes each call to AWS, and acts if that invocation has ended.
 *
 * After the invocation returned or threw: Lambda freezes its environment, so in AWS the call happens during some later
 * invocation, or never. Here the call works, and a line warns of it.
 *
 * After the invocation was killed, e.g. by its timeout: in AWS nothing of it runs any more, so the call is cut off.
 * What was sent before still arrives. https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 */
export function watchLateCalls({ isOwnHost, print }: LateCallsOptions): LateCalls {
  // Caller and server share this process: a request is known to the server by the port that it was sent from, because
  // a socket carries one at a time. A header would have to be added before it is signed.
  const cutOff = new Set<string>();
  const queued = new WeakMap<object, RunningInvocation>();

  function report(invocation: RunningInvocation, call: Call): void {
    if (invocation.reported) return;
    invocation.reported = true;
    // Outside of the invocation scope. Otherwise the output of `print` would count as output of the function.
    invocationScope.exit(() => print(lateCallLine(invocation, call)));
  }

  function onHttpRequest(message: unknown): void {
    const invocation = invocationScope.getStore();
    if (!invocation?.ended && !invocation?.killed) return;
    const { request } = message as { request: ClientRequest };
    const call = httpCall(request);
    if (!isOwnHost(call.host)) return;
    if (invocation.killed && request.socket) cutOffAt(request.socket);
    report(invocation, call);
  }

  function onUndiciRequest(message: unknown): void {
    const invocation = invocationScope.getStore();
    if (invocation === undefined) return;
    const created = message as UndiciRequestCreated;
    const call = undiciCall(created);
    if (!isOwnHost(call.host)) return;
    queued.set(created.request, invocation);
    if (invocation.ended || invocation.killed) report(invocation, call);
  }

  function onUndiciHeaders(message: unknown): void {
    const { request, socket } = message as UndiciHeadersSent;
    if (queued.get(request)?.killed) cutOffAt(socket);
  }

  function cutOffAt(socket: Socket): void {
    const add = () => {
      const key = portKey(socket.localAddress, socket.localPort);
      cutOff.add(key);
      // The kernel may reuse the port for another connection.
      socket.once('close', () => cutOff.delete(key));
    };
    if (socket.connecting) socket.once('connect', add);
    else add();
  }

  subscribe('http.client.request.start', onHttpRequest);
  subscribe('undici:request:create', onUndiciRequest);
  subscribe('undici:client:sendHeaders', onUndiciHeaders);
  return {
    isCutOff: ({ remoteAddress, remotePort }) =>
      cutOff.size > 0 && cutOff.delete(portKey(remoteAddress, remotePort)),
    stop() {
      unsubscribe('http.client.request.start', onHttpRequest);
      unsubscribe('undici:request:create', onUndiciRequest);
      unsubscribe('undici:client:sendHeaders', onUndiciHeaders);
    },
  };
}

/** Node writes an IPv4 address in two forms. */
function portKey(address: string | undefined, port: number | undefined): string {
  return `${address?.replace(/^::ffff:/, '')} ${port}`;
}

function lateCallLine(
  { functionName, requestId, killed }: RunningInvocation,
  { target, method, path }: Call,
): string {
  const what = `${functionName} (request ${requestId}) called ${target ?? `${method} ${path}`} after it had ended. `;
  return killed
    ? `${what}Lambda kills a function that times out or crashes, so in AWS nothing of it runs any more: its calls are cut off.`
    : `${what}Lambda freezes a function that has answered, so in AWS this call would be late or lost: await it before returning.`;
}

function httpCall(request: ClientRequest): Call {
  const { method, path } = request;
  return {
    host: String(request.getHeader('host')),
    method,
    path,
    target: text(request.getHeader('x-amz-target')),
  };
}

function undiciCall({ request }: UndiciRequestCreated): Call {
  const { method, path, headers } = request;
  return { host: new URL(request.origin).host, method, path, target: undiciTarget(headers) };
}

/** undici keeps headers as one string of header lines (version 5) or as a list of names and values (from 6 on). */
function undiciTarget(headers: string | unknown[]): string | undefined {
  const list = typeof headers === 'string' ? headers.split(/: |\r\n/) : headers.map(String);
  const index = list.findIndex(
    (item, position) => position % 2 === 0 && item.toLowerCase() === 'x-amz-target',
  );
  return index < 0 ? undefined : list[index + 1];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
