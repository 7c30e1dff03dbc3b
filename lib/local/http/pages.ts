import type { IncomingMessage, ServerResponse } from 'node:http';
import { respond, respondJson } from './respond.ts';

/** A page for a browser. */
export interface Page {
  contentType: string;
  body: string;
  headers?: Record<string, string>;
}

/** Returns the page of a path, or undefined if there is none. */
export type Pages = (path: string) => Promise<Page | undefined>;

const GREETING =
  'This is a local emulator of AWS: API Gateway (WebSocket), Lambda, EventBridge, SQS, DynamoDB and Secrets Manager on this port.\n' +
  'Connect a WebSocket client to any path, or set AWS_ENDPOINT_URL to this address. Connections: /dev/connections\n';

/** At `/` a browser gets the page and any other client a greeting. */
export async function servePage(
  pages: Pages | undefined,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const isForBrowser = path !== '/' || String(request.headers.accept).includes('text/html');
  const page = request.method === 'GET' && isForBrowser ? await pages?.(path) : undefined;
  if (page !== undefined) {
    // Not cached, because a change must show at the next load.
    const headers = { ...page.headers, 'Content-Type': page.contentType, 'Cache-Control': 'no-store' };
    respond(response, 200, page.body, headers);
  } else if (path === '/') {
    respond(response, 200, GREETING, { 'Content-Type': 'text/plain; charset=utf-8' });
  } else respondJson(response, 404, { message: `Nothing is served at ${request.method} ${path}.` });
}
