import { LambdaClient } from '@aws-sdk/client-lambda';
import type { HandOver } from '../core/ports.ts';
import { lambdaWorkers } from '../workers/lambda-workers.ts';
import { invokeOptions } from './client-options.ts';

/** A file of its own, so that only who needs workers loads the client. */
export function workersOf(functionName: string): HandOver {
  return lambdaWorkers(new LambdaClient(invokeOptions), functionName);
}
