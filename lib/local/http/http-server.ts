import { createServer, IncomingMessage, type Server } from 'node:http';

// Longer than a client of AWS keeps an idle connection: with Node's five seconds it would now and then reuse one in
// the moment in which the server closes it.
const KEEP_ALIVE_MS = 75_000;

/**
 * A server of HTTP/1.1 and WebSockets. Whatever else a client offers to change to, as Java's HttpClient and
 * `curl --http2` offer `h2c` with a first request, is ignored as HTTP allows it: the request is served as it is
 * (https://www.rfc-editor.org/rfc/rfc9110#section-7.8).
 */
export function createHttpServer(): Server<typeof Request> {
  return createServer({ keepAliveTimeout: KEEP_ALIVE_MS, IncomingMessage: Request });
}

/** Node takes every request that names a protocol for an upgrade, and leaves its body unread, where one upgrade is served. */
class Request extends IncomingMessage {}

const asked = new WeakSet<IncomingMessage>();

// Node sets it when it has read the headers, and asks for it to decide.
Object.defineProperty(Request.prototype, 'upgrade', {
  get(this: IncomingMessage) {
    return asked.has(this) && (this.method === 'CONNECT' || isWebSocket(this.headers.upgrade));
  },
  set(this: IncomingMessage, isAsked: unknown) {
    if (isAsked === true) asked.add(this);
    else asked.delete(this);
  },
});

function isWebSocket(upgrade: string | undefined): boolean {
  return (upgrade ?? '').split(',').some((protocol) => protocol.trim().toLowerCase() === 'websocket');
}
