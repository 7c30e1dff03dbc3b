import type { IncomingMessage } from 'node:http';
import type { Client, Closing } from './connection.ts';
import { type Gateway, newId } from './gateway.ts';

type MultiValue = Record<string, string[]>;

// API Gateway does not pass these headers on.
const HOP_BY_HOP = new Set(['connection', 'upgrade']);

/** The event of `$connect`. Without a query string its two fields are absent. */
export function connectEvent(gateway: Gateway, client: Client, request: IncomingMessage) {
  const headers = requestHeaders(gateway, client, request);
  const query = queryString(request.url ?? '/');
  return {
    headers: lastOfEach(headers),
    multiValueHeaders: headers,
    ...(query && { queryStringParameters: lastOfEach(query), multiValueQueryStringParameters: query }),
    requestContext: requestContext(gateway, client, '$connect', 'CONNECT'),
    isBase64Encoded: false,
  };
}

/** The client's headers in its own spelling, and those that AWS adds. */
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

/** By `defineProperty`, so that a header or parameter may have the name `__proto__`. */
function append(values: MultiValue, name: string, value: string): void {
  const all = [...(Object.hasOwn(values, name) ? (values[name] ?? []) : []), value];
  Object.defineProperty(values, name, { value: all, enumerable: true, configurable: true, writable: true });
}

/** The last value of each name. */
function lastOfEach(values: MultiValue): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, all]) => [name, all.at(-1) ?? '']));
}

/** The event of `$disconnect`. Its headers are the placeholders that AWS sends, not those of the client. */
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

/** The request context that all events of a WebSocket API have. Every call makes a new request id. */
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
