import type { InvocationResult } from '../invoke.ts';

type LambdaError = Extract<InvocationResult, { ok: false }>['error'];

/** What Lambda makes of something thrown: the same fields as in the `FunctionError` payload of an invoke. */
export function lambdaError(thrown: unknown): LambdaError {
  if (thrown instanceof Error) {
    const trace = thrown.stack?.split('\n') ?? [];
    return { errorType: thrown.name, errorMessage: thrown.message, trace };
  }
  return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
}

/** What an invoke answers when the function ran longer than its timeout. */
export function timedOut(requestId: string, timeoutSeconds: number): LambdaError {
  return {
    errorType: 'Sandbox.Timedout',
    errorMessage: `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`,
    trace: [],
  };
}

/** An invocation that a fault lost. AWS has no name for it: the caller of a real one would see its own timeout. */
export function lost(requestId: string): LambdaError {
  return {
    errorType: 'Local.Lost',
    errorMessage: `RequestId: ${requestId} Error: The invocation was lost`,
    trace: [],
  };
}

const OWN_FOLDER = new URL('.', import.meta.url).pathname;

/** One readable paragraph for the terminal: which function, which request, and where in the function's own code. */
export function describeFailure(functionName: string, requestId: string, error: LambdaError): string {
  const headline = `${functionName} failed (request ${requestId}): ${error.errorType}: ${error.errorMessage}`;
  const frames = error.trace.filter((line) => line.trimStart().startsWith('at '));
  const firstOwn = frames.findIndex((frame) => frame.includes(OWN_FOLDER));
  return [headline, ...(firstOwn > 0 ? frames.slice(0, firstOwn) : frames)].join('\n');
}
