import { sdkRequestHandler } from '../gateway/sdk-request-handler.ts';

/** A call that has not been answered by then is cut off and tried again; the SDK's own default is to wait for ever. */
const CALL_TIMEOUT_MS = 2_000;
const MAX_ATTEMPTS = 3;
// The SDK waits at random up to 100 ms before the second attempt, and up to 200 ms before the third.
const BACKOFFS_MS = 300;

/** The longest that one call of an AWS SDK client takes, retries included. */
export const LONGEST_CALL_MS = MAX_ATTEMPTS * CALL_TIMEOUT_MS + BACKOFFS_MS;

/** For an SDK client whose attempts are cut off after `requestTimeout` milliseconds. */
export function clientOptionsWithin(requestTimeout: number) {
  return {
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: sdkRequestHandler({
      clock: Date.now,
      requestTimeout,
      // Locally, over http, all invocations of a function share one client at the same time; in Lambda they do not.
      // Over https more than the SDK's 50: a broadcast removes the rows of all who are gone.
      maxSockets: { http: 512, https: 128 },
    }),
  };
}

/** For every SDK client of a function, so that a service that hangs does not use up the function's time. */
export const clientOptions = clientOptionsWithin(CALL_TIMEOUT_MS);

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
