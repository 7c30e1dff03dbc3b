import { invocationScope, type RunningInvocation } from './invocation-scope.ts';

let installed = false;

/**
 * Sends what a function writes to standard output or error, which in AWS is its log, to the `write` of its invocation.
 * Output after the end of its environment is dropped. Everything else in the process writes as before.
 */
export function captureFunctionOutput(): void {
  // Installed once and left there: outside of an invocation it changes nothing, so nothing needs undoing.
  if (installed) return;
  installed = true;
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
