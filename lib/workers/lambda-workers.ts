import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import * as v from 'valibot';
import { type BroadcastResult, broadcastStatuses } from '../core/broadcast-result.ts';
import type { BroadcastWork, InvokeWorker } from '../core/ports.ts';

/**
 * Runs slices of a broadcast on Lambda functions, one invocation a slice. `client` must not retry: a second invocation
 * would post the slice twice.
 */
export function lambdaWorkers(client: LambdaClient, functionName: string): InvokeWorker {
  return async (work) => {
    try {
      const command = new InvokeCommand({ FunctionName: functionName, Payload: encodeWork(work) });
      const { FunctionError: functionError, Payload: payload } = await client.send(command);
      const answer = payload?.transformToString() ?? '';
      // The worker threw, ran out of time or crashed. In each case Lambda ended it before answering.
      if (functionError !== undefined) return { outcome: 'died', error: workerError(answer) };
      return { outcome: 'done', result: decodeResult(JSON.parse(answer)) };
    } catch (error) {
      return { outcome: wasNotRun(error) ? 'not_run' : 'unknown', error };
    }
  };
}

/** Codes and names of errors that happen before the request is sent. */
const NOT_SENT = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'CredentialsProviderError'];

/**
 * Whether the worker certainly did not run. After 4xx (throttled, not permitted, no such function) it did not. After 5xx
 * or a broken connection it may have.
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

const count = v.pipe(v.number(), v.minValue(0));
const positive = v.pipe(v.number(), v.gtValue(0));

const sliceSchema = v.object({
  roomId: v.string(),
  slice: v.object({ from: count, to: count }),
  frames: v.pipe(v.array(v.string()), v.minLength(1)),
  limits: v.object({ postsPerSecond: positive, burst: positive }),
});

const resultSchema = v.object({
  delivered: count,
  gone: count,
  expired: count,
  failed: count,
  // A worker of the previous release does not return it. During a deploy both releases run.
  throttledOut: v.optional(count, 0),
  late: v.optional(count, 0),
  throttled: count,
  posts: count,
  lastDeliveryAt: count,
  functions: count,
  status: v.picklist(broadcastStatuses),
}) satisfies v.GenericSchema<unknown, BroadcastResult>;

/** The payload of the worker's invocation. */
export function encodeWork({ roomId, slice, frames, limits }: BroadcastWork): string {
  const { from, to } = slice;
  const message = { roomId, slice: { from, to }, frames: [...frames], limits };
  return JSON.stringify(message satisfies v.InferInput<typeof sliceSchema>);
}

/** Reads a payload of `encodeWork`. Throws on any other payload, e.g. of a manual invocation. */
export function decodeWork(payload: unknown): BroadcastWork {
  return v.parse(sliceSchema, payload);
}

/** Reads the result that a worker returned. Throws on anything else. */
export function decodeResult(payload: unknown): BroadcastResult {
  return v.parse(resultSchema, payload);
}
