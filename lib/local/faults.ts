import type { IncomingMessage } from 'node:http';
import { AwsError } from './aws-json-service.ts';

/** One call to an AWS API that the emulator is about to serve. */
export interface AwsCall {
  service: 'execute-api' | 'lambda' | 'dynamodb' | 'events' | 'sqs' | 'secretsmanager';
  /** As AWS names it: `PostToConnection`, `Invoke`, `Query`, `PutEvents`. */
  operation: string;
  /** Only for `execute-api`. */
  connectionId?: string;
  /** Only for `lambda`. */
  functionName?: string;
}

/** One Lambda invocation that the emulator is about to make. */
export interface Invocation {
  functionName: string;
  event: unknown;
}

/** A message of a standard queue that somebody has just received. */
interface Receive {
  queueName: string;
  messageId: string;
  body: string;
}

/** A value of a partition key that has taken as much in this second as DynamoDB serves from one partition. */
export interface HotPartition {
  tableName: string;
  partitionKey: string;
  kind: 'read' | 'write';
}

/**
 * Where a test makes AWS misbehave. All are awaited, so either delays by resolving later.
 * `throttle` answers as the service does (`@connections` 429 `LimitExceededException`, Lambda 429
 * `TooManyRequestsException`, the others 400 and a code of their own), `fail` 500, `hang` never answers, `drop` cuts
 * the TCP connection.
 */
export interface Faults {
  onCall?(call: AwsCall): Promise<'throttle' | 'fail' | 'hang' | 'drop' | undefined>;
  /**
   * How many times the invocation is made: 0 loses it, 2 repeats it. Whoever waits for the answer, a route or a caller
   * of `Invoke`, gets the first one; of a lost invocation at once an error of the function, `Local.Lost`.
   */
  onInvoke?(invocation: Invocation): Promise<number>;
  /**
   * Whether the message is delivered once more, although it is in flight or has been deleted when this resolves: SQS does
   * that now and then.
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues-at-least-once-delivery.html
   */
  onReceive?(received: Receive): Promise<'deliver_again' | undefined>;
  /**
   * Whether DynamoDB refuses a further request for this partition in this second. A batch is refused when all of its
   * partitions are.
   */
  onHotPartition?(partition: HotPartition): Promise<'throttle' | undefined>;
}

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
