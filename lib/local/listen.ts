import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

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
