/** One call to an AWS API that the shim is about to serve. */
export interface AwsCall {
  service: 'execute-api' | 'lambda' | 'dynamodb' | 'events' | 'sqs' | 'secretsmanager';
  /** As AWS names it: `PostToConnection`, `Invoke`, `Query`, `PutEvents`. */
  operation: string;
  /** Only for `execute-api`. */
  connectionId?: string;
  /** Only for `lambda`. */
  functionName?: string;
}

/** One Lambda invocation that the shim is about to make. */
export interface Invocation {
  functionName: string;
  event: unknown;
}

/**
 * Where a test makes AWS misbehave. Both are awaited, so either delays by resolving later.
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
}
