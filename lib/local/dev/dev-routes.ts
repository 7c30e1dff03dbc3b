import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connection } from '../api-gateway/connection.ts';
import { respondJson } from '../http/respond.ts';
import type { DevTokens } from './dev-tokens.ts';
import { loopbackOnly } from './loopback-only.ts';

export interface DevRoutesOptions {
  connections: () => Connection[];
  /** What the application knows of a connection, shown beside what API Gateway knows. */
  inspectConnection: ((connectionId: string) => Promise<Record<string, unknown>>) | undefined;
  tokens: DevTokens | undefined;
}

/** A path of the shim's own, for people: nothing that runs in AWS calls it. */
export type DevRoute = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Path → route. What `/dev/*` tells or gives is for this machine only. */
export function devRoutes({
  connections,
  inspectConnection,
  tokens,
}: DevRoutesOptions): Map<string, DevRoute> {
  const routes = new Map<string, DevRoute>();
  routes.set('/dev/connections', async (request, response) => {
    if (!loopbackOnly(request, response)) return;
    const known = connections().map((connection) => describeConnection(connection, inspectConnection));
    respondJson(response, 200, await Promise.all(known));
  });
  if (tokens === undefined) return routes;
  routes.set('/dev/token', async (request, response) => {
    if (loopbackOnly(request, response)) await tokens.handleToken(request, response);
  });
  routes.set('/.well-known/jwks.json', async (_request, response) =>
    respondJson(response, 200, tokens.jwks()),
  );
  return routes;
}

async function describeConnection(
  { connectionId, connectedAt, lastActiveAt, sourceIp }: Connection,
  inspect: DevRoutesOptions['inspectConnection'],
): Promise<Record<string, unknown>> {
  return {
    connectionId,
    connectedAt: new Date(connectedAt).toISOString(),
    lastActiveAt: new Date(lastActiveAt).toISOString(),
    sourceIp,
    ...(await inspect?.(connectionId)),
  };
}
