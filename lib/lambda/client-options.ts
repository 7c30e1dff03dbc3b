import { ConfiguredRetryStrategy } from '@smithy/core/retry';
import type { RetryStrategyV2 } from '@smithy/types';
import { sdkRequestHandler } from '../gateway/sdk-request-handler.ts';

/** A call that has not been answered by then is cut off and tried again; the SDK's own default is to wait for ever. */
const CALL_TIMEOUT_MS = 2_000;
const MAX_ATTEMPTS = 3;
/** At random up to so long before the second attempt, up to twice as long before the third. Milliseconds. */
const BACKOFF_MS = 100;
/** As long as the SDK itself waits where a service throttles. */
const PATIENT_BACKOFF_MS = 1_000;

/** The longest that one call of a client with `clientOptions` takes, retries included. */
export const LONGEST_CALL_MS = longestCall(BACKOFF_MS);
/** The same with `patientClientOptions`. */
export const LONGEST_PATIENT_CALL_MS = longestCall(PATIENT_BACKOFF_MS);

function longestCall(backoffMs: number): number {
  const backoffs = Array.from({ length: MAX_ATTEMPTS - 1 }, (_, retry) => backoffMs * 2 ** retry);
  return backoffs.reduce((sum, backoff) => sum + backoff, MAX_ATTEMPTS * CALL_TIMEOUT_MS);
}

/**
 * Retries with these waits, whatever the service says. The SDK's own are ten times as long where it throttles, and up to
 * five seconds longer where it answers with `Retry-After`: no function could count on its time.
 */
function boundedRetries(backoffMs: number): RetryStrategyV2 {
  const backoff = (attempt: number) => Math.floor(Math.random() * backoffMs * 2 ** (attempt - 1));
  const strategy = new ConfiguredRetryStrategy(MAX_ATTEMPTS, backoff);
  return {
    acquireInitialRetryToken: (scope) => strategy.acquireInitialRetryToken(scope),
    refreshRetryTokenForRetry: (token, { retryAfterHint: _, ...error }) =>
      strategy.refreshRetryTokenForRetry(
        token as Parameters<typeof strategy.refreshRetryTokenForRetry>[0],
        error,
      ),
    recordSuccess: (token) => strategy.recordSuccess(token as Parameters<typeof strategy.recordSuccess>[0]),
  };
}

/** For an SDK client whose attempts are cut off after `requestTimeout` milliseconds. */
export function clientOptionsWithin(requestTimeout: number, backoffMs: number = BACKOFF_MS) {
  return {
    maxAttempts: MAX_ATTEMPTS,
    // Of each client its own: it counts how many retries it has left.
    get retryStrategy() {
      return boundedRetries(backoffMs);
    },
    requestHandler: sdkRequestHandler({
      clock: Date.now,
      requestTimeout,
      // Locally, over http, all invocations of a function share one client at the same time; in Lambda they do not.
      // Over https more than the SDK's 50: a broadcast removes the rows of all who are gone.
      maxSockets: { http: 512, https: 128 },
    }),
  };
}

/** For every SDK client of a function, so that a service that hangs or throttles does not use up the function's time. */
export const clientOptions = clientOptionsWithin(CALL_TIMEOUT_MS);

/**
 * Where throttling is part of the day and nobody else tries again soon: SQS takes 300 sends a second for a room, and
 * Lambda retries a refused event only after a minute; and of many clients that join a room at once each waits for its own answer.
 */
export const patientClientOptions = clientOptionsWithin(CALL_TIMEOUT_MS, PATIENT_BACKOFF_MS);

/** Longer than a worker's timeout and its cold start: a worker that is not waited for may still be posting. */
export const INVOKE_TIMEOUT_MS = 75_000;

// Never a connection that was kept: Lambda may have closed it while this function was frozen, and then it would not be
// known whether the worker runs. A handshake is nothing beside a part of a room.
const oneInvocation = { keepAlive: false, maxSockets: 512 };

/** For invoking workers. Once: a second try would do a part of a broadcast twice. */
export const invokeOptions = {
  maxAttempts: 1,
  requestHandler: {
    requestTimeout: INVOKE_TIMEOUT_MS,
    throwOnRequestTimeout: true,
    httpAgent: oneInvocation,
    httpsAgent: oneInvocation,
  },
};
