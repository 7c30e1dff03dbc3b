import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StackDescription } from '../description.ts';
import { respond, respondJson } from '../http/respond.ts';
import type { FunctionLog, InvocationLog } from '../lambda/function-log.ts';
import type { RecursionDetection } from '../lambda/recursion-detection.ts';
import {
  actOnConnection,
  type ConnectionRoutesOptions,
  isActionPath,
  listConnections,
} from './connection-routes.ts';
import type { DevTokens } from './dev-tokens.ts';

interface DevRoutesOptions extends ConnectionRoutesOptions {
  description: StackDescription;
  invocations: InvocationLog;
  functionLog: Pick<FunctionLog, 'find'>;
  recursion: Pick<RecursionDetection, 'dropped'>;
  /** How many connections were cut off because their clients did not read. */
  connectionsCutOff: () => number;
  tokens: DevTokens | undefined;
}

/** A path of the local emulator itself, for developers. AWS has no such path. */
export type DevRoute = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

/** Returns the route of a path. Pages that `createCallers` allows may read the answers of `/dev/*`. */
export function devRoutes(options: DevRoutesOptions): (path: string) => DevRoute | undefined {
  const { description, invocations, functionLog, recursion, tokens } = options;
  const { stage, region, eventBus } = description;
  const routes = new Map<string, DevRoute>([
    [
      '/dev/stack',
      readOnly((_request, response) =>
        respondJson(response, 200, {
          stage,
          region,
          eventBus: eventBus.name,
          connectionsCutOff: options.connectionsCutOff(),
        }),
      ),
    ],
    ['/dev/logs', readOnly((request, response) => findLines(functionLog, request, response))],
    ['/dev/connections', readOnly((_request, response) => listConnections(options, response))],
    [
      '/dev/invocations',
      readOnly((request, response) =>
        respondJson(response, 200, {
          ...invocations.after(afterOf(request)),
          recursiveInvocationsDropped: recursion.dropped(),
        }),
      ),
    ],
  ]);
  if (tokens !== undefined) {
    routes.set('/dev/token', readableByPages(tokens.handleToken));
    routes.set('/.well-known/jwks.json', (_request, response) => respondJson(response, 200, tokens.jwks()));
  }
  return (path) =>
    routes.get(path) ??
    (isActionPath(path)
      ? only('POST', (request, response) => actOnConnection(options, path, request, response))
      : undefined);
}

/** A route whose answers a page may read. */
function readableByPages(route: DevRoute): DevRoute {
  return (request, response) => (answersPreflight(request, response) ? undefined : route(request, response));
}

function only(method: string, route: DevRoute): DevRoute {
  return readableByPages((request, response) => {
    if (request.method === method) return route(request, response);
    response.setHeader('Allow', method);
    respondJson(response, 405, { error: `Ask for this with ${method}.` });
  });
}

const readOnly = (route: DevRoute) => only('GET', route);

/** The number in `?after=`; 0, which means all, if it is missing or not a number. */
function afterOf(request: IncomingMessage): number {
  return Number(queryOf(request).get('after') ?? 0) || 0;
}

/** `?where=<field>:<value>&from=<epoch ms>&to=<epoch ms>`, all of them optional; one field may have several values. */
function findLines(log: Pick<FunctionLog, 'find'>, request: IncomingMessage, response: ServerResponse): void {
  const query = queryOf(request);
  const [from, to] = [Number(query.get('from') ?? 0), Number(query.get('to') ?? Number.MAX_SAFE_INTEGER)];
  if (Number.isNaN(from) || Number.isNaN(to)) {
    respondJson(response, 400, { error: 'from and to: expected epoch milliseconds.' });
    return;
  }
  const where: Record<string, string[]> = Object.create(null);
  for (const condition of query.getAll('where')) {
    const [field = '', ...value] = condition.split(':');
    where[field] = [...(where[field] ?? []), value.join(':')];
  }
  respondJson(response, 200, log.find({ where, from, to }));
}

function queryOf(request: IncomingMessage): URLSearchParams {
  return new URL(request.url ?? '/', 'http://localhost').searchParams;
}

/**
 * Sets the CORS headers, so that the page may read the answer. Returns true if the request was a preflight, which is then
 * answered.
 */
function answersPreflight(request: IncomingMessage, response: ServerResponse): boolean {
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
