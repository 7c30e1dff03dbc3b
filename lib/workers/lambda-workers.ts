import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { HandOver } from '../core/ports.ts';
import { decodeResult, encodePart } from './part-message.ts';

/**
 * Parts of a broadcast, each done by one invocation of a Lambda function. `client` must try once: a second try would do
 * a part twice.
 */
export function lambdaWorkers(client: LambdaClient, functionName: string): HandOver {
  return async (work) => {
    try {
      const command = new InvokeCommand({ FunctionName: functionName, Payload: encodePart(work) });
      const { FunctionError: functionError, Payload: payload } = await client.send(command);
      const answer: unknown = JSON.parse(payload?.transformToString() ?? '');
      // It threw, ran out of time or crashed; in each case Lambda has ended it before it answers.
      if (functionError !== undefined) return { outcome: 'died', error: workerError(answer) };
      return { outcome: 'done', result: decodeResult(answer) };
    } catch (error) {
      return { outcome: wasRefused(error) ? 'not_run' : 'unknown', error };
    }
  };
}

/** Throttled, not permitted, no such function: with 4xx Lambda has not run it. With 5xx, or no answer, it may have. */
function wasRefused(error: unknown): boolean {
  const { $metadata: metadata } = error as { $metadata?: { httpStatusCode?: number } };
  const status = metadata?.httpStatusCode ?? 0;
  return status >= 400 && status < 500;
}

function workerError(answer: unknown): Error {
  const { errorType, errorMessage } = answer as { errorType?: string; errorMessage?: string };
  return new Error(`${errorType ?? 'Error'}: ${errorMessage ?? 'no message'}`);
}
