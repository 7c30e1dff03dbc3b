import type { Context } from 'aws-lambda';

export interface ContextSource {
  functionName: string;
  requestId: string;
  region: string;
  /** Epoch milliseconds at which the invocation times out. */
  deadline: number;
  now: () => number;
}

// The shim does not limit memory; handlers that log or divide by it get Lambda's smallest size.
const MEMORY_LIMIT_MB = '128';

/** The second argument of a handler, as the Node.js runtime of Lambda makes it. */
export function lambdaContext({ functionName, requestId, region, deadline, now }: ContextSource): Context {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:${region}:000000000000:function:${functionName}`,
    memoryLimitInMB: MEMORY_LIMIT_MB,
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
