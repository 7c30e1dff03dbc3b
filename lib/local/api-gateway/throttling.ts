import type { AccountQuotas } from '../account-quotas.ts';
import type { WebSocketApi } from '../description.ts';
import type { Time } from '../time.ts';

/** Not more often: a flood of refusals is one thing to tell. */
const TELL_EVERY_MS = 1_000;

/** What API Gateway answers when the account or a route has no token left. */
export const TOO_MANY_REQUESTS = 'Too Many Requests';

/**
 * Throttles as API Gateway does: by token buckets, one of the account for all that is asked of API Gateway, `@connections`
 * included, and one for each route. AWS calls these limits best effort; here they hold exactly.
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
  // AWS documents no burst of it.
  const connections = tokenBucket(
    { rateLimit: connectionsPerSecond, burstLimit: connectionsPerSecond },
    time,
  );
  const routes = new Map(
    Object.keys(api.routes).map((key) => [key, api.throttle && tokenBucket(api.throttle, time)]),
  );
  let toldAt = Number.NEGATIVE_INFINITY;

  function refuse(what: string, limit: string): false {
    if (time.now() - toldAt >= TELL_EVERY_MS) {
      toldAt = time.now();
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

/** Full at first; takes one token for each request, and gets `rateLimit` a second back. */
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
