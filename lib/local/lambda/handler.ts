import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Context } from 'aws-lambda';
import type { StackDescription } from '../description.ts';
import { runWithEnvironment } from './function-environment.ts';

/** The code of a Lambda function. Its event and its return value pass through JSON. */
export type Handler = (event: unknown, context: Context) => Promise<unknown>;

/** Returns the handler of a function. Rejects if its code cannot be loaded; then the invocation fails. */
export type LoadHandler = (functionName: string) => Promise<Handler>;

/** Loads handlers; `close` stops watchers and deletes build directories when the emulator stops. */
export interface FunctionLoader {
  loadHandler: LoadHandler;
  close?(): Promise<void>;
}

export interface LoaderInput {
  description: StackDescription;
  /** The whole `process.env` of a function: the variables of Lambda, then those of the stack. */
  environmentOf(functionName: string): Record<string, string>;
}

/**
 * Evaluates a module in the environment of its function ("cold start") and returns its handler, which runs in the same
 * environment.
 * @throws Error that the module throws, or because it exports no `handler`.
 */
export async function loadHandler(file: string, environment: Record<string, string>): Promise<Handler> {
  const url = pathToFileURL(file).href;
  const { handler }: { handler?: unknown } = await runWithEnvironment(environment, () => import(url));
  if (typeof handler !== 'function') throw new Error(`${basename(file)} exports no function named handler`);
  return async (event, context) => runWithEnvironment(environment, () => handler(event, context));
}

interface ContextSource {
  functionName: string;
  requestId: string;
  region: string;
  memoryMB: number;
  /** Time at which the invocation times out, in epoch milliseconds. */
  deadline: number;
  now: () => number;
}

/** The second argument of a handler, as the Node.js runtime of Lambda makes it. */
export function lambdaContext({
  functionName,
  requestId,
  region,
  memoryMB,
  deadline,
  now,
}: ContextSource): Context {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:${region}:000000000000:function:${functionName}`,
    memoryLimitInMB: String(memoryMB),
    awsRequestId: requestId,
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: `local/[$LATEST]${functionName}`,
    getRemainingTimeInMillis: () => Math.max(0, deadline - now()),
    done: refuseCallback,
    fail: refuseCallback,
    succeed: refuseCallback,
  };
}

function refuseCallback(): never {
  throw new Error('context.done, fail and succeed are gone since the nodejs24.x runtime: return a promise.');
}
