import type { ServerResponse } from 'node:http';

/** Sends a whole answer. Does nothing when the client has gone. */
export function respond(
  response: ServerResponse,
  statusCode: number,
  body = '',
  headers: Record<string, string> = {},
): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(statusCode, { ...headers, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

/** Sends a value as JSON. */
export function respondJson(response: ServerResponse, statusCode: number, value: unknown): void {
  respond(response, statusCode, `${JSON.stringify(value)}\n`, { 'Content-Type': 'application/json' });
}
