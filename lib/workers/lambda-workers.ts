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
      const answer = payload?.transformToString() ?? '';
      // It threw, ran out of time or crashed; in each case Lambda has ended it before it answers.
      if (functionError !== undefined) return { outcome: 'died', error: workerError(answer) };
      return { outcome: 'done', result: decodeResult(JSON.parse(answer)) };
    } catch (error) {
      return { outcome: wasNotRun(error) ? 'not_run' : 'unknown', error };
    }
  };
}

/** Nothing was sent. */
const NOT_SENT = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'CredentialsProviderError'];

/**
 * Throttled, not permitted, no such function: with 4xx Lambda has not run it. With 5xx, or a connection that broke, it
 * may have.
 */
function wasNotRun(error: unknown): boolean {
  const { name, code, $metadata } = error as {
    name?: string;
    code?: string;
    $metadata?: { httpStatusCode?: number };
  };
  const status = $metadata?.httpStatusCode ?? 0;
  return (status >= 400 && status < 500) || NOT_SENT.includes(code ?? '') || NOT_SENT.includes(name ?? '');
}

function workerError(answer: string): Error {
  try {
    const { errorType, errorMessage } = JSON.parse(answer);
    return new Error(`${errorType}: ${errorMessage}`);
  } catch {
    return new Error(answer);
  }
}
