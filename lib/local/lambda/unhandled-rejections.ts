import { lambdaError } from './lambda-error.ts';

/**
 * Keeps the shim up when a function leaves a rejected promise to itself. In AWS that ends the function's
 * environment, with whatever invocation it is serving by then, and nobody else's.
 */
export function surviveUnhandledRejections(print: (text: string) => void): () => void {
  const report = (reason: unknown) => {
    const { errorType, errorMessage, trace } = lambdaError(reason);
    const sentence = 'A promise was rejected and nobody handled it. In AWS this ends the function at once:';
    print([`${sentence} ${errorType}: ${errorMessage}`, ...trace.slice(1)].join('\n'));
  };
  process.on('unhandledRejection', report);
  return () => void process.off('unhandledRejection', report);
}
