import type { Context } from 'aws-lambda';

export interface ContextSource {
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
