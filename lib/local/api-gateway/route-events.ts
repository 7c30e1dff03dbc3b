import type { IncomingMessage } from 'node:http';
import type { Client, Closing } from './connection.ts';
import { type Gateway, newId } from './gateway.ts';

type MultiValue = Record<string, string[]>;

// API Gateway ends these at its edge.
const HOP_BY_HOP = new Set(['connection', 'upgrade']);

/** The event of `$connect`. Without a query string its two fields are absent, not null. */
export function connectEvent(gateway: Gateway, client: Client, request: IncomingMessage) {
  const headers = requestHeaders(gateway, client, request);
  const query = queryString(request.url ?? '/');
  return {
    headers: retainedValues(headers),
    multiValueHeaders: headers,
    ...(query && { queryStringParameters: retainedValues(query), multiValueQueryStringParameters: query }),
    requestContext: requestContext(gateway, client, '$connect', 'CONNECT'),
    isBase64Encoded: false,
  };
}

/** Headers in the spelling the client used, and those that the edge of AWS adds. */
function requestHeaders(gateway: Gateway, client: Client, request: IncomingMessage): MultiValue {
  const headers: MultiValue = {};
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? '';
    if (!HOP_BY_HOP.has(name.toLowerCase())) append(headers, name, request.rawHeaders[index + 1] ?? '');
  }
  append(headers, 'X-Amzn-Trace-Id', traceId(gateway));
  append(headers, 'X-Forwarded-For', client.sourceIp);
  append(headers, 'X-Forwarded-Port', gateway.domainName.split(':').at(-1) ?? '');
  append(headers, 'X-Forwarded-Proto', 'http');
  return headers;
}

function traceId({ time, randomBytes }: Gateway): string {
  const seconds = Math.floor(time.now() / 1000).toString(16);
  return `Root=1-${seconds}-${Buffer.from(randomBytes(12)).toString('hex')}`;
}

function queryString(url: string): MultiValue | undefined {
  const query: MultiValue = {};
  const start = url.indexOf('?');
  if (start < 0) return undefined;
  for (const [name, value] of new URLSearchParams(url.slice(start))) append(query, name, value);
  return Object.keys(query).length > 0 ? query : undefined;
}

/** `defineProperty`, so that a header or parameter named `__proto__` is one like any other. */
function append(values: MultiValue, name: string, value: string): void {
  const all = [...(Object.hasOwn(values, name) ? (values[name] ?? []) : []), value];
  Object.defineProperty(values, name, { value: all, enumerable: true, configurable: true, writable: true });
}

function retainedValues(values: MultiValue): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, all]) => [name, all.at(-1) ?? '']));
}

/** The event of `$disconnect`. Its headers say nothing: AWS sends these placeholders, not the client's. */
export function disconnectEvent(gateway: Gateway, client: Client, { code, reason }: Closing) {
  const headers = { Host: gateway.domainName, 'x-api-key': '', 'X-Forwarded-For': '', 'x-restapi': '' };
  return {
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    requestContext: {
      ...requestContext(gateway, client, '$disconnect', 'DISCONNECT'),
      disconnectStatusCode: code,
      disconnectReason: reason,
    },
    isBase64Encoded: false,
  };
}

type EventType = 'CONNECT' | 'MESSAGE' | 'DISCONNECT';

/** What the events of a WebSocket API have in common. Every call is a new request with an id of its own. */
export function requestContext(gateway: Gateway, client: Client, routeKey: string, eventType: EventType) {
  const now = gateway.time.now();
  const requestId = newId(gateway);
  const { userAgent, sourceIp } = client;
  return {
    routeKey,
    eventType,
    extendedRequestId: requestId,
    requestTime: formatRequestTime(now),
    messageDirection: 'IN',
    stage: gateway.stage,
    connectedAt: client.connectedAt,
    requestTimeEpoch: now,
    identity: { ...(userAgent !== undefined && { userAgent }), sourceIp },
    requestId,
    domainName: gateway.domainName,
    connectionId: client.connectionId,
    apiId: gateway.apiId,
  };
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Common Log Format in UTC, as in `requestContext.requestTime`: `19/Feb/2024:07:11:42 +0000`. */
function formatRequestTime(epochMs: number): string {
  const [date = '', time = ''] = new Date(epochMs).toISOString().split('T');
  const [year, month, day] = date.split('-');
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`;
}
