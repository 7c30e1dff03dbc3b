import type { IncomingMessage } from 'node:http';
import { AwsError } from '../aws-json-service.ts';
import type { AwsCall, Faults } from '../faults.ts';

interface FaultNames {
  throttle: { code: string; statusCode: number; headers?: Record<string, string> };
  fail: string;
}

// Only API Gateway and Lambda throttle with 429; the services of the JSON protocols say it with a code and 400.
const NAMES: Record<AwsCall['service'], FaultNames> = {
  'execute-api': {
    throttle: { code: 'LimitExceededException', statusCode: 429 },
    fail: 'InternalServerException',
  },
  lambda: {
    throttle: { code: 'TooManyRequestsException', statusCode: 429, headers: { 'Retry-After': '1' } },
    fail: 'ServiceException',
  },
  dynamodb: { throttle: { code: 'ThrottlingException', statusCode: 400 }, fail: 'InternalServerError' },
  events: { throttle: { code: 'ThrottlingException', statusCode: 400 }, fail: 'InternalException' },
  sqs: { throttle: { code: 'RequestThrottled', statusCode: 400 }, fail: 'InternalError' },
  secretsmanager: {
    throttle: { code: 'ThrottlingException', statusCode: 400 },
    fail: 'InternalServiceError',
  },
};

type Serve = () => Promise<void> | void;

/**
 * Serves a call, unless a fault has its way with it: after `hang` and `drop` nobody answers it any more.
 * @throws AwsError under the service's own name, for `throttle` and `fail`.
 */
export function serveDespite(
  faults: Faults,
  call: AwsCall,
  request: IncomingMessage,
  serve: Serve,
): Promise<void> | void {
  const { onCall } = faults;
  return onCall === undefined ? serve() : serveAfter(onCall(call), call, request, serve);
}

async function serveAfter(
  decision: ReturnType<NonNullable<Faults['onCall']>>,
  { service }: AwsCall,
  request: IncomingMessage,
  serve: Serve,
): Promise<void> {
  const fault = await decision;
  const { throttle, fail } = NAMES[service];
  if (fault === 'throttle') {
    throw new AwsError(throttle.code, 'Rate exceeded', throttle.statusCode, throttle.headers);
  }
  if (fault === 'fail') throw new AwsError(fail, 'Internal server error', 500);
  if (fault === 'drop') request.socket.destroy();
  if (fault === undefined) await serve();
}
