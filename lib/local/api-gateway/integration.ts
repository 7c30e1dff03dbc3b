import type { InvocationResult } from '../invoke.ts';
import type { Gateway } from './gateway.ts';
import { INTEGRATION_TIMEOUT_MS } from './limits.ts';

/** Runs the function of a route. One that does not answer in time has failed for API Gateway, and runs on. */
export function integrate(
  { invoke, time, print }: Gateway,
  functionName: string,
  event: unknown,
): Promise<InvocationResult> {
  return new Promise((resolve) => {
    const cancelTimeout = time.after(INTEGRATION_TIMEOUT_MS, () => {
      const errorMessage = `${functionName} has not answered within ${INTEGRATION_TIMEOUT_MS / 1000} seconds`;
      print(`api: ${errorMessage}, the integration timeout of API Gateway; it runs on`);
      resolve({ ok: false, error: { errorType: 'IntegrationTimeout', errorMessage, trace: [] } });
    });
    void invoke(functionName, event).then((result) => {
      cancelTimeout();
      resolve(result);
    });
  });
}
