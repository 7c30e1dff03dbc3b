import type { Client } from './connection.ts';
import { type Gateway, newId } from './gateway.ts';
import { formatRequestTime } from './request-time.ts';

export type EventType = 'CONNECT' | 'MESSAGE' | 'DISCONNECT';

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
