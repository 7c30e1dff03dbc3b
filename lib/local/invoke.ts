/** What a Lambda function answered: its return value, or the error object that Lambda makes of a throw or a timeout. */
export type InvocationResult =
  | { ok: true; payload: unknown }
  | {
      ok: false;
      error: { errorType: string; errorMessage: string; trace: string[] };
      /** Lambda has not run the function: the account is at its concurrency. */
      throttled?: true;
      /** Lambda has not run the function, nor will it for this event: it has been invoked too often in one chain. */
      recursive?: true;
    };

/**
 * Runs a function once and never rejects. Concurrent calls run concurrently, as in Lambda. `traceHeaders` are X-Ray's, of
 * the request or the messages that invoke it; without any a chain of invocations begins.
 */
export type Invoke = (
  functionName: string,
  event: unknown,
  traceHeaders?: readonly string[],
) => Promise<InvocationResult>;
