import { invocationScope, type RunningInvocation } from './invocation-scope.ts';
import { exited } from './lambda-error.ts';

/** Thrown by `process.exit` in a function, so that nothing behind it runs. */
export class FunctionExit extends Error {
  /** The developer has been told. */
  readonly isReported: boolean;

  constructor(message: string, isReported: boolean) {
    super(message);
    this.name = 'Runtime.ExitError';
    this.isReported = isReported;
  }
}

let installed = false;

/** Lets `process.exit` in a function end no more than its invocation. Everything else in the process ends it. */
export function captureFunctionExit(): void {
  // Installed once and left there: outside of a function it changes nothing, so nothing needs undoing.
  if (installed) return;
  installed = true;
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
