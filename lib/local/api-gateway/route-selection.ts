import type { WebSocketApi } from '../description.ts';

/**
 * The route key of a message: the value at the route selection expression if the API has a route of that name,
 * else `$default`. A client that names `$connect` or `$disconnect` does reach that route, as in AWS.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html
 */
export function selectRoute(api: WebSocketApi, body: string): string {
  const selected = valueAt(body, selectionPath(api.routeSelectionExpression));
  return Object.hasOwn(api.routes, selected) ? selected : '$default';
}

/** @throws Error for an expression of another form than `$request.body.<path>`. */
export function selectionPath(expression: string): string[] {
  const path = /^\$request\.body\.([\w-]+(?:\.[\w-]+)*)$/.exec(expression)?.[1];
  if (path === undefined) throw new Error(`Unsupported route selection expression: ${expression}`);
  return path.split('.');
}

/** What is missing or not JSON selects nothing; what is not a scalar is compared in its JSON form. */
function valueAt(body: string, path: string[]): string {
  let value = parse(body);
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return '';
    value = (value as Record<string, unknown>)[name];
  }
  return typeof value === 'string' ? value : jsonForm(value);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Nothing for what is nested too deep to be written: JSON.parse takes any depth, JSON.stringify does not. */
function jsonForm(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return '';
  }
}
