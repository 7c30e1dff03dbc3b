import { FunctionExit } from './function-exit.ts';
import { invocationScope, type RunningInvocation } from './invocation-scope.ts';
import { errorHeadline, lambdaError } from './lambda-error.ts';

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
