import type { AccountQuotas } from '../account-quotas.ts';
import type { WebSocketApi } from '../description.ts';
import type { Time } from '../time.ts';

/** Refusals are printed at most once in this time. */
const PRINT_EVERY_MS = 1_000;

/** API Gateway's message when the bucket of the account or of a route is empty. */
export const TOO_MANY_REQUESTS = 'Too Many Requests';

/**
 * Throttles as API Gateway does, by token buckets: one of the account for all requests, including `@connections`, and one for
 * each route. AWS enforces these limits as a best effort; the local emulator enforces them exactly.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-protect.html
 */
export interface Throttling {
  /** Whether a call to `@connections` may be served. */
  admitsCall(): boolean;
  /** Whether a client may send this message. */
  admitsMessage(routeKey: string): boolean;
  /** Whether a client may connect. */
  admitsConnection(): boolean;
}

export function createThrottling(options: {
  quotas: AccountQuotas;
  api: WebSocketApi;
  time: Time;
  print: (line: string) => void;
}): Throttling {
  const { quotas, api, time, print } = options;
  const { requestsPerSecond, requestBurst, connectionsPerSecond } = quotas;
  const account = tokenBucket({ rateLimit: requestsPerSecond, burstLimit: requestBurst }, time);
  // AWS documents no burst for new connections.
  const connections = tokenBucket(
    { rateLimit: connectionsPerSecond, burstLimit: connectionsPerSecond },
    time,
  );
  const routes = new Map(
    Object.keys(api.routes).map((key) => [key, api.throttle && tokenBucket(api.throttle, time)]),
  );
  let printedAt = Number.NEGATIVE_INFINITY;

  function refuse(what: string, limit: string): false {
    if (time.now() - printedAt >= PRINT_EVERY_MS) {
      printedAt = time.now();
      print(`api: ${what} is throttled, ${limit}`);
    }
    return false;
  }

  function admits(what: string): boolean {
    const limit = `the account may make ${requestsPerSecond} requests a second, ${requestBurst} at once`;
    return account.take() || refuse(what, limit);
  }

  function routeAdmits(what: string, routeKey: string): boolean {
    const { rateLimit, burstLimit } = api.throttle ?? {};
    const limit = `the route ${routeKey} takes ${rateLimit} a second, ${burstLimit} at once`;
    return (routes.get(routeKey)?.take() ?? true) || refuse(what, limit);
  }

  return {
    admitsCall: () => admits('a call to @connections'),
    admitsMessage: (routeKey) => admits('a message') && routeAdmits('a message', routeKey),
    admitsConnection: () =>
      (connections.take() ||
        refuse('a new connection', `the account may open ${connectionsPerSecond} a second`)) &&
      admits('a new connection') &&
      routeAdmits('a new connection', '$connect'),
  };
}

/** A token bucket, full at first. A request takes one token; `rateLimit` tokens return per second. */
function tokenBucket(
  { rateLimit, burstLimit }: NonNullable<WebSocketApi['throttle']>,
  time: Time,
): { take(): boolean } {
  let tokens = burstLimit;
  let filledAt = time.now();
  return {
    take() {
      const now = time.now();
      tokens = Math.min(burstLimit, tokens + ((now - filledAt) * rateLimit) / 1_000);
      filledAt = now;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
