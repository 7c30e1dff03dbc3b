import { once } from 'node:events';
import { createServer, IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

// Longer than an AWS client keeps an idle connection. With Node's default of five seconds a client would sometimes reuse a
// connection at the moment when the server closes it.
const KEEP_ALIVE_MS = 75_000;

/**
 * A server for HTTP/1.1 and WebSockets. It ignores other upgrades, such as `h2c`, which Java's HttpClient and `curl --http2`
 * offer with their first request. HTTP allows that: the request is then served without the upgrade
 * (https://www.rfc-editor.org/rfc/rfc9110#section-7.8).
 */
export function createHttpServer(): Server<typeof Request> {
  return createServer({ keepAliveTimeout: KEEP_ALIVE_MS, IncomingMessage: Request });
}

/**
 * A server with an `upgrade` listener treats every request with an `Upgrade` header as an upgrade and does not read its body.
 * This class limits that to WebSockets and CONNECT.
 */
class Request extends IncomingMessage {}

const asked = new WeakSet<IncomingMessage>();

// Node sets `upgrade` after it has read the headers, and reads it to decide.
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

/** The local emulator could not listen. The message says what to do; `cause` is the error of Node. */
export class ListenError extends Error {
  /** Node's code: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`. */
  readonly code: string;

  constructor(message: string, cause: NodeJS.ErrnoException) {
    super(message, { cause });
    this.name = 'ListenError';
    this.code = cause.code ?? 'UNKNOWN';
  }
}

/**
 * Starts listening. Resolves with the port; port 0 takes any free port.
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
