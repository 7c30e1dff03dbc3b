import type { IncomingMessage, ServerResponse } from 'node:http';

const LOOPBACK = String.raw`(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?`;
const LOOPBACK_HOST = new RegExp(`^${LOOPBACK}$`, 'i');
const LOCAL_ORIGIN = new RegExp(`^https?://${LOOPBACK}$`, 'i');

/**
 * Whether a request to `/dev/*` may go on. Otherwise it has been answered: a CORS preflight of a local page with
 * 204, and with 403 what came through another name (a foreign page can rebind its own name to 127.0.0.1) or from a
 * page of another origin. Sets the CORS headers for local pages.
 */
export function loopbackOnly(request: IncomingMessage, response: ServerResponse): boolean {
  const { host = '', origin } = request.headers;
  if (!LOOPBACK_HOST.test(host)) {
    return refuse(
      response,
      'Open this address as http://localhost, 127.0.0.1 or [::1]; no other host is served here.',
    );
  }
  if (origin === undefined) return true;
  if (!LOCAL_ORIGIN.test(origin)) {
    return refuse(response, 'Only pages served from localhost, 127.0.0.1 or [::1] may use this address.');
  }
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('vary', 'Origin');
  if (request.method !== 'OPTIONS') return true;
  response.writeHead(204, {
    'access-control-allow-methods': 'GET, POST, OPTIONS',
    'access-control-allow-headers': 'content-type',
    'access-control-max-age': '600',
  });
  response.end();
  return false;
}

function refuse(response: ServerResponse, error: string): false {
  response.writeHead(403, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error }));
  return false;
}
