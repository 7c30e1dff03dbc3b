/** What a Lambda function answered: its return value, or the error object that Lambda makes of a throw or a timeout. */
export type InvocationResult =
  | { ok: true; payload: unknown }
  | {
      ok: false;
      error: { errorType: string; errorMessage: string; trace: string[] };
      /** Lambda has not run the function: the account is at its concurrency. */
      throttled?: true;
    };

/** Runs a function once and never rejects. Concurrent calls run concurrently, as in Lambda. */
export type Invoke = (functionName: string, event: unknown) => Promise<InvocationResult>;
