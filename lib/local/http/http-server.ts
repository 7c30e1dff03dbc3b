import { once } from 'node:events';
import { createServer, IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

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

/** The emulator could not listen. The message says what to do; `cause` is the error of Node. */
export class ListenError extends Error {
  /** As Node names it: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`. */
  readonly code: string;

  constructor(message: string, cause: NodeJS.ErrnoException) {
    super(message, { cause });
    this.name = 'ListenError';
    this.code = cause.code ?? 'UNKNOWN';
  }
}

/**
 * Starts listening; resolves with the port, which is any free one for port 0.
 * @throws ListenError
 */
export async function listen(server: Server, port: number, host: string): Promise<number> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const cause = error as NodeJS.ErrnoException;
    throw new ListenError(explanation(cause, port, host), cause);
  }
  return (server.address() as AddressInfo).port;
}

function explanation({ code, message }: NodeJS.ErrnoException, port: number, host: string): string {
  const otherPort = `choose another port: npm start -- --port ${port + 1}`;
  if (code === 'EADDRINUSE') return `Port ${port} is taken. Stop what is using it, or ${otherPort}`;
  if (code === 'EACCES') return `Port ${port} is not allowed for this user: ${otherPort}`;
  return `Cannot listen on ${host}:${port} (${message})`;
}
