import type { Clock, Gateway, PostOutcome } from '../core/ports.ts';
import { httpSender } from './http-sender.ts';
import { connectionsRequests, type SigningIdentity, type SigningKey, signingKeys } from './sign-request.ts';

/** A call to `@connections` that has not been answered by then is cut off. This includes a second attempt. */
export const POST_TIMEOUT_MS = 2_000;

/**
 * The part of that time that the first attempt over an idle connection has: a quarter. It is not measured on AWS; if
 * API Gateway is slower than that, the frame is posted twice.
 */
export function doubtOf(timeoutMs: number): number {
  return timeoutMs / 4;
}

/** What the status of an answer says; undefined is no answer: the connection to API Gateway broke. */
export function outcomeOfStatus(status: number | undefined): PostOutcome {
  if (status === undefined || status >= 500) return 'unavailable';
  if (status === 410) return 'gone';
  if (status === 429) return 'throttled';
  return status >= 200 && status < 300 ? 'delivered' : 'refused';
}

export interface SignedGatewayOptions extends SigningIdentity {
  /** `https://<api>.execute-api.<region>.amazonaws.com/<stage>`. */
  endpoint: string;
  clock: Clock;
  /** A call that has not been answered by then is cut off, and its connection with it. */
  timeoutMs?: number;
  /**
   * More calls than this at once wait for a connection, in their own time.
   * @default no limit
   */
  maxSockets?: number;
}

/**
 * `@connections` without the AWS SDK, which takes several times the CPU for a post. Without credentials a call is
 * `unavailable`, since they may come yet; one that cannot be put into a request is `refused`.
 */
export function signedGateway(options: SignedGatewayOptions): Gateway {
  const { endpoint, clock, timeoutMs = POST_TIMEOUT_MS, maxSockets = Number.POSITIVE_INFINITY } = options;
  const url = new URL(endpoint);
  const keyAt = signingKeys(options);
  const requestOf = connectionsRequests(url);
  const send = httpSender(url, { clock, maxSockets, doubtMs: doubtOf(timeoutMs) });

  const call = (request: { method: 'POST' | 'DELETE'; connectionId: string; body?: Uint8Array }) =>
    withinTime(timeoutMs, (exchange) => {
      const begin = (key: SigningKey) => {
        if (exchange.cutOff) return;
        try {
          const signed = requestOf({ ...request, key });
          exchange.underWay = send(signed, (status) => exchange.end(outcomeOfStatus(status)));
        } catch {
          exchange.end('refused');
        }
      };
      const key = keyAt(clock());
      if (key instanceof Promise) key.then(begin, () => exchange.end('unavailable'));
      else begin(key);
    });
  return {
    post: (connectionId, body) => call({ method: 'POST', connectionId, body }),
    close: (connectionId) => call({ method: 'DELETE', connectionId }),
  };
}

interface Exchange {
  end(outcome: PostOutcome): void;
  /** Destroyed when time is up. */
  underWay: { destroy(): void } | undefined;
  /** Time is up: nothing may begin any more. */
  cutOff: boolean;
}

function withinTime(timeoutMs: number, begin: (exchange: Exchange) => void): Promise<PostOutcome> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      exchange.cutOff = true;
      resolve('timed_out');
      exchange.underWay?.destroy();
    }, timeoutMs);
    const exchange: Exchange = {
      underWay: undefined,
      cutOff: false,
      end(outcome) {
        clearTimeout(timer);
        resolve(outcome);
      },
    };
    begin(exchange);
  });
}
