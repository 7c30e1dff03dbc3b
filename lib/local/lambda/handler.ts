import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Context } from 'aws-lambda';
import type { StackDescription } from '../description.ts';
import { runWithEnvironment } from './function-environment.ts';

/** A Lambda function's code. What it returns is sent through JSON, like its event. */
export type Handler = (event: unknown, context: Context) => Promise<unknown>;

/** Where handlers come from. Rejects when the function's code cannot be loaded: that invocation fails. */
export type LoadHandler = (functionName: string) => Promise<Handler>;

/** Handlers together with what has to be stopped (watchers, build directories) when the emulator stops. */
export interface FunctionLoader {
  loadHandler: LoadHandler;
  close?(): Promise<void>;
}

export interface LoaderInput {
  description: StackDescription;
  /** Everything a function finds in `process.env`: what Lambda gives, then what the stack gives. */
  environmentOf(functionName: string): Record<string, string>;
}

/**
 * Evaluates a module in its function's environment ("cold start") and gives its handler, which runs in it too.
 * @throws Error what the module throws; or that it exports no `handler`.
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
  /** Epoch milliseconds at which the invocation times out. */
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
