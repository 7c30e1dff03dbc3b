import { AsyncLocalStorage } from 'node:async_hooks';
import { errorHeadline, exited, type LambdaError, lambdaError } from './lambda-error.ts';

/** The invocation for which code is running. */
export interface RunningInvocation {
  functionName: string;
  requestId: string;
  /** The environment variables that Lambda sets for each invocation. */
  environment: { _X_AMZN_TRACE_ID?: string };
  /** It has returned, thrown or timed out. In AWS the rest of its code would be frozen. */
  ended: boolean;
  /**
   * Its environment has ended, too: it timed out, exited or threw an error that nothing caught. AWS kills the rest of its code,
   * so the local emulator serves no call that it starts from now on.
   */
  killed: boolean;
  /** A call after its end has been reported. */
  reported: boolean;
  /** Ends the invocation with this error, unless it has ended, and ends its environment. */
  fail: (error: LambdaError) => void;
  /** Takes lines that the function writes. All are kept; those for the developer are printed. */
  write: (lines: readonly string[]) => void;
  print: (text: string) => void;
}

/** Follows an invocation through promises, timers and sockets, also after its end. */
export const invocationScope = new AsyncLocalStorage<RunningInvocation>();

let isOutputCaptured = false;

/**
 * Redirects the standard output and error of a function, which in AWS is its log, to `write` of its invocation. Output after
 * the end of its environment is dropped. The rest of the process writes as before.
 */
export function captureFunctionOutput(): void {
  // Installed once and never removed: outside of an invocation it has no effect.
  if (isOutputCaptured) return;
  isOutputCaptured = true;
  for (const stream of [process.stdout, process.stderr]) capture(stream);
}

function capture(stream: NodeJS.WriteStream): void {
  const write = stream.write.bind(stream) as (...parameters: unknown[]) => boolean;
  stream.write = (chunk: unknown, ...rest: unknown[]): boolean => {
    const invocation = invocationScope.getStore();
    if (invocation === undefined) return write(chunk, ...rest);
    if (!invocation.killed) show(invocation, String(chunk));
    const written = rest.at(-1);
    if (typeof written === 'function') written();
    return true;
  };
}

function show(invocation: RunningInvocation, text: string): void {
  const lines = text.replace(/\n$/, '').split('\n');
  // Outside of the invocation scope. Otherwise the printed lines would count as output of the function.
  invocationScope.exit(() => invocation.write(lines));
}

/** Thrown by `process.exit` in a function, so that the code after it does not run. */
class FunctionExit extends Error {
  /** The exit has been printed. */
  readonly isReported: boolean;

  constructor(message: string, isReported: boolean) {
    super(message);
    this.name = 'Runtime.ExitError';
    this.isReported = isReported;
  }
}

let capturedExit: typeof process.exit | undefined;

/** Makes `process.exit` in a function end only its invocation. Elsewhere it ends the process as before. */
export function captureFunctionExit(): void {
  // Never removed: outside of a function it has no effect. Installed again if other code has replaced it.
  if (process.exit === capturedExit) return;
  const exit = process.exit.bind(process);
  capturedExit = (code = process.exitCode) => {
    const invocation = invocationScope.getStore();
    // Only the environment of a function has this variable, also while its module is loading.
    const functionName = invocation?.functionName ?? process.env['AWS_LAMBDA_FUNCTION_NAME'];
    if (functionName === undefined) return exit(code);
    const sentence = `${functionName} called process.exit. In AWS this ends its environment with its invocation; here it ends the invocation only.`;
    if (invocation) end(invocation, sentence, Number(code ?? 0));
    const thrown = new FunctionExit(sentence, invocation !== undefined);
    // The stack starts at the function's own line.
    Error.captureStackTrace(thrown, process.exit);
    throw thrown;
  };
  process.exit = capturedExit;
}

function end(invocation: RunningInvocation, sentence: string, code: number): void {
  // In AWS this code does not run any more.
  if (invocation.killed) return;
  // Outside of the invocation scope. Otherwise the output of `print` would count as output of the function.
  invocationScope.exit(() => invocation.print(sentence));
  invocation.fail(exited(invocation.requestId, code));
}

/**
 * Keeps the local emulator running when a promise of a function is rejected without a handler, or when it throws in a
 * callback. In AWS either ends the environment of the function and the invocation that it then serves, and no other.
 * Returns a function that undoes this.
 */
export function surviveUnhandledErrors(print: (text: string) => void): () => void {
  const onRejection = (reason: unknown) => {
    // In AWS this code does not run any more.
    if (invocationScope.getStore()?.killed) return;
    report(print, reason, 'A promise was rejected without a handler');
  };
  const onException = (thrown: unknown) => {
    const invocation = invocationScope.getStore();
    if (invocation?.killed) return;
    // The reader of the output has gone (`npm start | head`). Printing this error would fail in the same way.
    if (invocation === undefined && isBrokenPipe(thrown)) throw thrown;
    const sentence = `An exception was thrown in a callback${invocation ? ` of ${invocation.functionName}` : ''} and not caught`;
    report(print, thrown, sentence, invocation);
    invocation?.fail(lambdaError(thrown));
  };
  process.on('unhandledRejection', onRejection);
  process.on('uncaughtException', onException);
  return () => {
    process.off('unhandledRejection', onRejection);
    process.off('uncaughtException', onException);
  };
}

function report(
  print: (text: string) => void,
  thrown: unknown,
  sentence: string,
  invocation?: RunningInvocation,
): void {
  if (thrown instanceof FunctionExit && thrown.isReported) return;
  const error = lambdaError(thrown);
  // A running invocation fails with this error, and the line about it shows the stack.
  const stack = invocation === undefined || invocation.ended ? error.trace.slice(1) : [];
  const headline = `${sentence}. In AWS this ends the function at once: ${errorHeadline(error)}`;
  // Outside of the invocation scope. Otherwise the output of `print` would count as output of the function.
  invocationScope.exit(() => print([headline, ...stack].join('\n')));
}

function isBrokenPipe(thrown: unknown): boolean {
  const { code, syscall } = (thrown ?? {}) as Partial<NodeJS.ErrnoException>;
  return code === 'EPIPE' && syscall === 'write';
}
