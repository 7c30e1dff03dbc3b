import type { InvocationResult } from '../invoke.ts';
import type { connectEvent } from './connect-event.ts';
import type { Gateway } from './gateway.ts';
import { integrate } from './integration.ts';
import { TOO_MANY_REQUESTS } from './throttling.ts';

export type ConnectDecision =
  | { accepted: true; subprotocol: string | undefined }
  | { accepted: false; statusCode: number; body: string };

/** The part of the function's answer that decides. */
interface ConnectAnswer {
  statusCode?: unknown;
  headers?: Record<string, unknown> | null;
}

/**
 * Runs `$connect`. An API without that route accepts every client; a function that fails answers 502, a client too many
 * 429.
 */
export async function decideConnect(
  gateway: Gateway,
  event: ReturnType<typeof connectEvent>,
): Promise<ConnectDecision> {
  if (!gateway.throttling.admitsConnection()) return refusal(event, 429, TOO_MANY_REQUESTS);
  const route = gateway.api.routes['$connect'];
  if (route === undefined) return { accepted: true, subprotocol: undefined };
  const result = await integrate(gateway, route.function, event);
  const statusCode = statusOf(result);
  if (result.ok && statusCode >= 200 && statusCode < 300) {
    return { accepted: true, subprotocol: subprotocolOf(result.payload as ConnectAnswer) };
  }
  return refusal(event, statusCode, statusCode >= 500 ? 'Internal server error' : 'Forbidden');
}

function refusal(
  { requestContext: { connectionId, requestId } }: ReturnType<typeof connectEvent>,
  statusCode: number,
  message: string,
): ConnectDecision {
  return { accepted: false, statusCode, body: JSON.stringify({ message, connectionId, requestId }) };
}

/** An answer without a usable status code is a malformed one: 502, as for a function that threw. */
function statusOf(result: InvocationResult): number {
  const statusCode = result.ok ? (result.payload as ConnectAnswer | null)?.statusCode : undefined;
  const isHttpStatus = typeof statusCode === 'number' && statusCode >= 200 && statusCode <= 599;
  return isHttpStatus ? statusCode : 502;
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-connect-route-subprotocol.html */
function subprotocolOf(answer: ConnectAnswer): string | undefined {
  const headers = answer.headers ?? {};
  const name = Object.keys(headers).find((header) => header.toLowerCase() === 'sec-websocket-protocol');
  return name === undefined ? undefined : String(headers[name]);
}
