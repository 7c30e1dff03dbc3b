import { ConfiguredRetryStrategy } from '@smithy/core/retry';
import type { RetryStrategyV2 } from '@smithy/types';
import { sdkRequestHandler } from '../gateway/management-api-gateway.ts';

/** A call without an answer after this time is aborted and retried. The SDK's default is to wait without limit. */
const CALL_TIMEOUT_MS = 2_000;
const MAX_ATTEMPTS = 3;
/** The wait before the second attempt is random up to this, and before the third up to twice this. Milliseconds. */
const BACKOFF_MS = 100;
/** The wait of the installed SDK after a throttled call (`Retry.throttlingDelay` of @smithy/core). Milliseconds. */
const PATIENT_BACKOFF_MS = 1_000;

/** The longest time that one call of a client with `clientOptions` takes, retries included. Milliseconds. */
export const MAX_CALL_MS = longestCall(BACKOFF_MS);
/** The same with `patientClientOptions`. */
export const MAX_PATIENT_CALL_MS = longestCall(PATIENT_BACKOFF_MS);

function longestCall(backoffMs: number): number {
  const backoffs = Array.from({ length: MAX_ATTEMPTS - 1 }, (_, retry) => backoffMs * 2 ** retry);
  return backoffs.reduce((sum, backoff) => sum + backoff, MAX_ATTEMPTS * CALL_TIMEOUT_MS);
}

/**
 * Retries with these waits for every error. The SDK's own strategy waits longer after throttling, and up to five seconds
 * longer after `Retry-After` (`StandardRetryStrategy` of @smithy/core), so the time limits of the functions could not be
 * computed. A test measures the waits of the installed SDK.
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

/** Options of an SDK client whose attempts are aborted after `requestTimeout` milliseconds. */
export function clientOptionsWithin(requestTimeout: number, backoffMs: number = BACKOFF_MS) {
  return {
    maxAttempts: MAX_ATTEMPTS,
    // One strategy for each client, because a strategy counts the retries that are left.
    get retryStrategy() {
      return boundedRetries(backoffMs);
    },
    requestHandler: sdkRequestHandler({
      clock: Date.now,
      requestTimeout,
      // Locally, over http, all invocations of a function share one client at the same time. In Lambda, over https, they
      // do not; it allows more than the SDK's 50
      // (https://docs.aws.amazon.com/sdk-for-javascript/v3/developer-guide/node-configuring-maxsockets.html): a
      // broadcast removes the rows of all members that are gone.
      maxSockets: { http: 512, https: 128 },
    }),
  };
}

/** Options of the SDK clients of a function. A service that hangs or throttles does not use up the function's time. */
export const clientOptions = clientOptionsWithin(CALL_TIMEOUT_MS);

/**
 * Options for calls that may be throttled in normal operation and that no caller retries soon. SQS accepts 300 sends a
 * second per room (`lib/config/aws-limits.ts`), and Lambda retries a failed ingest only after a minute. Many clients
 * may join a room at once, and each waits for its answer.
 */
export const patientClientOptions = clientOptionsWithin(CALL_TIMEOUT_MS, PATIENT_BACKOFF_MS);

/** Longer than the timeout and the cold start of a worker. A worker that the caller stopped waiting for may still post. */
export const INVOKE_TIMEOUT_MS = 75_000;

// Every invocation opens a new connection. Lambda may have closed a kept one while this function was frozen, and then the
// caller could not tell whether the worker runs. A handshake is cheap compared with a slice of a room.
const oneInvocation = { keepAlive: false, maxSockets: 512 };

/** Options of the client that invokes workers. It does not retry: a second try would post a slice twice. */
export const invokeOptions = {
  maxAttempts: 1,
  requestHandler: {
    requestTimeout: INVOKE_TIMEOUT_MS,
    throwOnRequestTimeout: true,
    httpAgent: oneInvocation,
    httpsAgent: oneInvocation,
  },
};
