import type { Closing } from './close-codes.ts';
import type { Client } from './connection.ts';
import type { Gateway } from './gateway.ts';
import { requestContext } from './request-context.ts';

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
