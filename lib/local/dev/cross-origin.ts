import type { IncomingMessage, ServerResponse } from 'node:http';
import { respond } from '../http/respond.ts';

/**
 * Lets the page that asks, if it is one that may ask at all, read the answer. True when its preflight has been answered
 * with that, and nothing is left to do.
 */
export function answersPreflight(request: IncomingMessage, response: ServerResponse): boolean {
  const { origin } = request.headers;
  if (origin === undefined) return false;
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('vary', 'Origin');
  if (request.method !== 'OPTIONS') return false;
  respond(response, 204, '', {
    'access-control-allow-methods': 'GET, POST, OPTIONS',
    'access-control-allow-headers': 'content-type',
    'access-control-max-age': '600',
  });
  return true;
}
