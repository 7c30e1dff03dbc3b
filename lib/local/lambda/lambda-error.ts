import { inspect } from 'node:util';
import { isNativeError } from 'node:util/types';
import type { InvocationResult } from '../invoke.ts';

export type LambdaError = Extract<InvocationResult, { ok: false }>['error'];

/** What Lambda makes of something thrown: the same fields as in the `FunctionError` payload of an invoke. */
export function lambdaError(thrown: unknown): LambdaError {
  // An Error of another realm (`node:vm`) is an instance of another class.
  if (!(thrown instanceof Error || isNativeError(thrown))) {
    return { errorType: typeof thrown, errorMessage: readable(thrown), trace: [] };
  }
  try {
    const { name, message, stack }: { name: unknown; message: unknown; stack?: unknown } = thrown;
    const trace = typeof stack === 'string' ? stack.split('\n') : [];
    return { errorType: readable(name ?? 'Error'), errorMessage: readable(message ?? ''), trace };
  } catch {
    return { errorType: 'Error', errorMessage: 'an Error that cannot be read', trace: [] };
  }
}

function readable(value: unknown): string {
  return typeof value === 'string' ? value : inspect(value, { customInspect: false });
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

/** An invocation during which the function called `process.exit`. */
export function exited(requestId: string, code: number): LambdaError {
  const how = code === 0 ? 'without providing a reason' : `with error: exit status ${code}`;
  const errorMessage = `RequestId: ${requestId} Error: Runtime exited ${how}`;
  return { errorType: 'Runtime.ExitError', errorMessage, trace: [] };
}

/** What an invoke answers when the function returned more than Lambda sends on. */
export function responseTooLarge(limitBytes: number): LambdaError {
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${limitBytes} bytes).`;
  return { errorType: 'Function.ResponseSizeTooLarge', errorMessage, trace: [] };
}

/** What was thrown, in a line. */
export function errorHeadline({ errorType, errorMessage }: LambdaError): string {
  if (!TYPES_OF_NO_ERROR.has(errorType)) return `${errorType}: ${errorMessage}`;
  const thrown = errorType === 'string' ? JSON.stringify(errorMessage) : errorMessage;
  return `it threw ${thrown}, which is not an Error`;
}

/** The stack down to the first line of the emulator. */
export function ownFrames({ trace }: LambdaError): string[] {
  const frames = trace.filter((line) => line.trimStart().startsWith('at '));
  const firstOwn = frames.findIndex((frame) => frame.includes(OWN_FOLDER));
  return firstOwn > 0 ? frames.slice(0, firstOwn) : frames;
}

const TYPES_OF_NO_ERROR = new Set([
  'undefined',
  'object',
  'string',
  'number',
  'boolean',
  'bigint',
  'symbol',
  'function',
]);
const OWN_FOLDER = new URL('.', import.meta.url).pathname;

/** One readable paragraph for the terminal: which function, which request, and where in the function's own code. */
export function describeFailure(functionName: string, requestId: string, error: LambdaError): string {
  const headline = `${functionName} failed (request ${requestId}): ${errorHeadline(error)}`;
  return [headline, ...ownFrames(error)].join('\n');
}
