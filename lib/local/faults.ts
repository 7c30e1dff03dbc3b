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
export interface Receive {
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
