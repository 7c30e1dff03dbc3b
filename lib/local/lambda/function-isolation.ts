import { AsyncLocalStorage } from 'node:async_hooks';
import { errorHeadline, exited, type LambdaError, lambdaError } from './lambda-error.ts';

/** The invocation on whose behalf code is running. */
export interface RunningInvocation {
  functionName: string;
  requestId: string;
  /** What Lambda sets in the environment for each invocation. */
  environment: { _X_AMZN_TRACE_ID?: string };
  /** It has returned, thrown or timed out: whatever still runs in its name would be frozen in AWS. */
  ended: boolean;
  /**
   * Its environment has ended with it: it timed out, exited or threw where nobody catches. AWS kills what still runs
   * there, so that no call of it that begins from now on is served.
   */
  killed: boolean;
  /** Its late work has been reported. */
  reported: boolean;
  /** Ends it with this error, unless it has ended, and its environment. */
  fail: (error: LambdaError) => void;
  /** Takes lines that the function writes: they are kept, and those that a developer should see are printed. */
  write: (lines: readonly string[]) => void;
  print: (text: string) => void;
}

/** Follows an invocation through promises, timers and sockets, also those that outlive it. */
export const invocationScope = new AsyncLocalStorage<RunningInvocation>();

let isOutputCaptured = false;

/**
 * Sends what a function writes to standard output or error, which in AWS is its log, to the `write` of its invocation.
 * Output after the end of its environment is dropped. Everything else in the process writes as before.
 */
export function captureFunctionOutput(): void {
  // Installed once and left there: outside of an invocation it changes nothing, so nothing needs undoing.
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
  // Outside of the invocation, or what is printed would be taken for the function's.
  invocationScope.exit(() => invocation.write(lines));
}

/** Thrown by `process.exit` in a function, so that nothing behind it runs. */
class FunctionExit extends Error {
  /** The developer has been told. */
  readonly isReported: boolean;

  constructor(message: string, isReported: boolean) {
    super(message);
    this.name = 'Runtime.ExitError';
    this.isReported = isReported;
  }
}

let isExitCaptured = false;

/** Lets `process.exit` in a function end no more than its invocation. Everything else in the process ends it. */
export function captureFunctionExit(): void {
  // Installed once and left there: outside of a function it changes nothing, so nothing needs undoing.
  if (isExitCaptured) return;
  isExitCaptured = true;
  const exit = process.exit.bind(process);
  process.exit = (code = process.exitCode) => {
    const invocation = invocationScope.getStore();
    // A function's environment, which a module that is still loading has too, is the only one with this variable.
    const functionName = invocation?.functionName ?? process.env['AWS_LAMBDA_FUNCTION_NAME'];
    if (functionName === undefined) return exit(code);
    const sentence = `${functionName} called process.exit. In AWS this ends its environment and what that is serving; here it ends the invocation.`;
    if (invocation) end(invocation, sentence, Number(code ?? 0));
    const thrown = new FunctionExit(sentence, invocation !== undefined);
    // From the function's own line on, not from here.
    Error.captureStackTrace(thrown, process.exit);
    throw thrown;
  };
}

function end(invocation: RunningInvocation, sentence: string, code: number): void {
  // In AWS it does not run any more.
  if (invocation.killed) return;
  // Outside of the invocation, or what `print` writes would be taken for the function's.
  invocationScope.exit(() => invocation.print(sentence));
  invocation.fail(exited(invocation.requestId, code));
}

/**
 * Keeps the emulator up when a function leaves a rejected promise to itself or throws in a callback. In AWS that ends
 * the function's environment, with whatever invocation it is serving by then, and nobody else's.
 */
export function surviveUnhandledErrors(print: (text: string) => void): () => void {
  const onRejection = (reason: unknown) => {
    // In AWS it does not run any more.
    if (invocationScope.getStore()?.killed) return;
    report(print, reason, 'A promise was rejected and nobody handled it');
  };
  const onException = (thrown: unknown) => {
    const invocation = invocationScope.getStore();
    if (invocation?.killed) return;
    // Nobody reads the terminal any more (`npm start | head`): each line about it would fail in the same way.
    if (invocation === undefined && isBrokenPipe(thrown)) throw thrown;
    const sentence = `An exception was thrown in a callback${invocation ? ` of ${invocation.functionName}` : ''} and nobody caught it`;
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
  // An invocation that is still running fails with it, and that line shows the stack.
  const stack = invocation === undefined || invocation.ended ? error.trace.slice(1) : [];
  const headline = `${sentence}. In AWS this ends the function at once: ${errorHeadline(error)}`;
  // Outside of the invocation, or what `print` writes would be taken for the function's.
  invocationScope.exit(() => print([headline, ...stack].join('\n')));
}

function isBrokenPipe(thrown: unknown): boolean {
  const { code, syscall } = (thrown ?? {}) as Partial<NodeJS.ErrnoException>;
  return code === 'EPIPE' && syscall === 'write';
}
