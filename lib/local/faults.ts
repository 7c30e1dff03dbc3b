import type { IncomingMessage } from 'node:http';
import { AwsError } from './aws-json-service.ts';

/** A call to an AWS API that the local emulator is about to serve. */
export interface AwsCall {
  service: 'execute-api' | 'lambda' | 'dynamodb' | 'events' | 'sqs' | 'secretsmanager';
  /** As AWS names it: `PostToConnection`, `Invoke`, `Query`, `PutEvents`. */
  operation: string;
  /** Only for `execute-api`. */
  connectionId?: string;
  /** Only for `lambda`. */
  functionName?: string;
}

/** A Lambda invocation that the local emulator is about to make. */
export interface Invocation {
  functionName: string;
  event: unknown;
}

/** A message of a standard queue that has just been received. */
interface Receive {
  queueName: string;
  messageId: string;
  body: string;
}

/** A value of a partition key that has consumed the throughput of one partition in this second. */
export interface HotPartition {
  tableName: string;
  partitionKey: string;
  kind: 'read' | 'write';
}

/**
 * Hooks by which a test makes AWS fail. The local emulator awaits each hook, so that a hook can also delay a call.
 * `throttle` answers as the service does (`@connections` 429 `LimitExceededException`, Lambda 429
 * `TooManyRequestsException`, the others 400 and a code of their own), `fail` 500, `hang` never answers, `drop` cuts
 * the TCP connection.
 */
export interface Faults {
  onCall?(call: AwsCall): Promise<'throttle' | 'fail' | 'hang' | 'drop' | undefined>;
  /**
   * How many times the invocation is made: 0 drops it, 2 repeats it. A route or a caller of `Invoke` gets the first answer; for
   * a dropped invocation it gets the function error `Local.Lost` at once.
   */
  onInvoke?(invocation: Invocation): Promise<number>;
  /**
   * Whether the message is delivered again, even if it is in flight or deleted when this resolves. SQS does that
   * occasionally.
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues-at-least-once-delivery.html
   */
  onReceive?(received: Receive): Promise<'deliver_again' | undefined>;
  /**
   * Whether DynamoDB refuses further requests for this partition in this second. A batch is refused if all its partitions
   * are.
   */
  onHotPartition?(partition: HotPartition): Promise<'throttle' | undefined>;
}

interface FaultNames {
  throttle: { code: string; statusCode: number; headers?: Record<string, string> };
  fail: string;
}

// Only API Gateway and Lambda throttle with 429. The services of the JSON protocols use 400 and a code.
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
 * Serves a call, unless a fault decides otherwise. After `hang` and `drop` the call gets no answer.
 * @throws AwsError with the service's own code, for `throttle` and `fail`.
 */
export function serveWithFaults(
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
