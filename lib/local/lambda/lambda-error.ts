import { inspect } from 'node:util';
import { isNativeError } from 'node:util/types';
import type { InvocationResult } from '../invoke.ts';

export type LambdaError = Extract<InvocationResult, { ok: false }>['error'];

/** A thrown value in the form of Lambda: the fields of the `FunctionError` payload of Invoke. */
export function lambdaError(thrown: unknown): LambdaError {
  // An Error from another realm (`node:vm`) is not an instance of this realm's Error.
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

/** The error of an invocation that ran longer than its timeout. */
export function timedOut(requestId: string, timeoutSeconds: number): LambdaError {
  return {
    errorType: 'Sandbox.Timedout',
    errorMessage: `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`,
    trace: [],
  };
}

/** The error of an invocation that a fault dropped. AWS has no name for it: there the caller would see its own timeout. */
export function lost(requestId: string): LambdaError {
  return {
    errorType: 'Local.Lost',
    errorMessage: `RequestId: ${requestId} Error: The invocation was lost`,
    trace: [],
  };
}

/** The error of an invocation whose function called `process.exit`. */
export function exited(requestId: string, code: number): LambdaError {
  const how = code === 0 ? 'without providing a reason' : `with error: exit status ${code}`;
  const errorMessage = `RequestId: ${requestId} Error: Runtime exited ${how}`;
  return { errorType: 'Runtime.ExitError', errorMessage, trace: [] };
}

/** The error of an invocation whose result is larger than Lambda allows. */
export function responseTooLarge(limitBytes: number): LambdaError {
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${limitBytes} bytes).`;
  return { errorType: 'Function.ResponseSizeTooLarge', errorMessage, trace: [] };
}

/** One line about the error. */
export function errorHeadline({ errorType, errorMessage }: LambdaError): string {
  if (!TYPES_OF_NO_ERROR.has(errorType)) return `${errorType}: ${errorMessage}`;
  const thrown = errorType === 'string' ? JSON.stringify(errorMessage) : errorMessage;
  return `it threw ${thrown}, which is not an Error`;
}

/** The stack frames above the first frame of the local emulator. */
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

/** A paragraph for the terminal: the function, the request, the error and its place in the function's code. */
export function describeFailure(functionName: string, requestId: string, error: LambdaError): string {
  const headline = `${functionName} failed (request ${requestId}): ${errorHeadline(error)}`;
  return [headline, ...ownFrames(error)].join('\n');
}
