/** The result of an invocation: the return value, or the error object that Lambda makes from an error or a timeout. */
export type InvocationResult =
  | { ok: true; payload: unknown }
  | {
      ok: false;
      error: { errorType: string; errorMessage: string; trace: string[] };
      /** Lambda has not run the function, because the account is at its concurrency. */
      throttled?: true;
      /** Lambda has not run the function and will not retry it, because it was invoked too often in one chain. */
      recursive?: true;
    };

/**
 * Runs a function once and never rejects. Concurrent calls run concurrently, as in Lambda. `traceHeaders` are X-Ray's headers of
 * the request or messages that invoke it; without any, a new chain of invocations starts.
 */
export type Invoke = (
  functionName: string,
  event: unknown,
  traceHeaders?: readonly string[],
) => Promise<InvocationResult>;
