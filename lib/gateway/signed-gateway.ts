import type { Clock, Gateway, PostOutcome } from '../core/ports.ts';
import { httpSender } from './http-sender.ts';
import { connectionsRequests, type SigningIdentity, type SigningKey, signingKeys } from './sign-request.ts';

/** A call to `@connections` without an answer after this time is aborted. Includes a second attempt. Milliseconds. */
export const POST_TIMEOUT_MS = 2_000;

/**
 * The time for the first attempt over an idle connection: a quarter of the timeout. Not measured on AWS; if API Gateway
 * is slower than that, the frame is posted twice.
 */
export function doubtOf(timeoutMs: number): number {
  return timeoutMs / 4;
}

/** The outcome of a call by the status of its answer. Undefined means that the connection to API Gateway broke. */
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
  /** A call without an answer after this time is aborted, and its connection closed. Milliseconds. */
  timeoutMs?: number;
  /**
   * Connections at most. More calls than this wait for a connection; the wait counts towards their timeout.
   * @default no limit
   */
  maxSockets?: number;
}

/**
 * `@connections` without the AWS SDK, which takes several times the CPU for a post. A call without credentials is
 * `unavailable`, because they may arrive later. A call that cannot be expressed as a request is `refused`.
 */
export function signedGateway(options: SignedGatewayOptions): Gateway {
  const { endpoint, clock, timeoutMs = POST_TIMEOUT_MS, maxSockets = Number.POSITIVE_INFINITY } = options;
  const url = new URL(endpoint);
  const keyAt = signingKeys(options);
  const requestOf = connectionsRequests(url);
  const send = httpSender(url, { clock, maxSockets, doubtMs: doubtOf(timeoutMs) });

  const call = (request: { method: 'POST' | 'DELETE'; connectionId: string; body?: Uint8Array }) =>
    withinTime(timeoutMs, (exchange) => {
      const start = (key: SigningKey) => {
        if (exchange.isTimedOut) return;
        try {
          const signed = requestOf({ ...request, key });
          exchange.request = send(signed, (status) => exchange.end(outcomeOfStatus(status)));
        } catch {
          exchange.end('refused');
        }
      };
      const key = keyAt(clock());
      if (key instanceof Promise) key.then(start, () => exchange.end('unavailable'));
      else start(key);
    });
  return {
    post: (connectionId, body) => call({ method: 'POST', connectionId, body }),
    close: (connectionId) => call({ method: 'DELETE', connectionId }),
  };
}

interface Exchange {
  end(outcome: PostOutcome): void;
  /** The request in flight, which is destroyed when the time is up. */
  request: { destroy(): void } | undefined;
  /** The time is up: no request may start. */
  isTimedOut: boolean;
}

function withinTime(timeoutMs: number, start: (exchange: Exchange) => void): Promise<PostOutcome> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      exchange.isTimedOut = true;
      resolve('timed_out');
      exchange.request?.destroy();
    }, timeoutMs);
    const exchange: Exchange = {
      request: undefined,
      isTimedOut: false,
      end(outcome) {
        clearTimeout(timer);
        resolve(outcome);
      },
    };
    start(exchange);
  });
}
