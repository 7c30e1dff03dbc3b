/**
 * The stack that the local emulator serves, as data. `lib/local` knows nothing else of a project: no message, row or handler of
 * a project is named in it.
 */
export interface StackDescription {
  /** The API Gateway stage: a path segment of the `@connections` endpoint. */
  stage: string;
  /** The id of the WebSocket API, ten letters and digits, in its ARN and in the events of its routes. */
  apiId: string;
  region: string;
  functions: Record<string, LambdaFunction>;
  webSocketApi: WebSocketApi;
  eventBus: EventBus;
  queues: Record<string, Queue>;
  tables: Table[];
  /** Secrets Manager: secret name → secret string. */
  secrets: Record<string, string>;
  /** EventBridge Scheduler. */
  schedules?: Schedule[];
}

/** Lambda's default, and its minimum. */
export const DEFAULT_MEMORY_MB = 128;

export interface LambdaFunction {
  /** The environment of the function, without the variables that Lambda itself sets (region, credentials). */
  environment: Record<string, string>;
  timeoutSeconds: number;
  /** The memory that the context and environment of the function state. It is not enforced. Default: `DEFAULT_MEMORY_MB`. */
  memoryMB?: number;
  /**
   * The permissions of the function's role, in the account 000000000000. An action that no statement allows is denied. Lambda
   * itself uses the role, too: to poll the queue that the function consumes, and to send to `onFailureQueue`.
   */
  statements: readonly Statement[];
  /**
   * Turns off the recursion detection of Lambda for this function. Without it Lambda stops a chain in which the function has
   * been invoked 16 times by its own messages.
   */
  recursiveLoop?: 'allow';
  /** How an asynchronous invocation (EventBridge) is retried. Delays are Lambda's: one minute, then two. */
  asynchronous?: {
    maximumRetryAttempts: 0 | 1 | 2;
    maximumEventAgeSeconds: number;
    /** The queue of `StackDescription.queues` that receives Lambda's `onFailure` record. */
    onFailureQueue?: string;
  };
}

/** An IAM statement with the effect Allow, the only supported one. Both lists may contain IAM's `*` and `?`. */
export interface Statement {
  /** For example `dynamodb:GetItem`. */
  actions: readonly string[];
  /** ARNs. */
  resources: readonly string[];
}

export interface WebSocketApi {
  /** Only the form `$request.body.<path>` is supported. */
  routeSelectionExpression: string;
  routes: Record<string, Route>;
  /** The limit of each route, over all clients. Default: only the limit of the account. */
  throttle?: { rateLimit: number; burstLimit: number };
}

interface Route {
  function: string;
  /** Two-way: the `body` that the function returns is sent to the client. */
  returnResponse: boolean;
}

export interface EventBus {
  name: string;
  rules: Rule[];
}

export interface Rule {
  name: string;
  /** EventBridge event pattern. */
  pattern: Record<string, unknown>;
  function: string;
}

export interface Schedule {
  name: string;
  /** `rate(n minutes)`. The first run comes this long after the start. */
  everyMinutes: number;
  /** Invoked asynchronously, with `{}`. */
  function: string;
}

export interface Queue {
  delaySeconds: number;
  visibilityTimeoutSeconds: number;
  /** How long the queue keeps a message. Default: four days, as in SQS. */
  retentionSeconds?: number;
  /** A message that was received `maxReceiveCount` times without being deleted moves to `deadLetterQueue`. */
  redrive?: { deadLetterQueue: string; maxReceiveCount: number };
  /** Makes it a FIFO queue. Its name must end in `.fifo`, and its dead-letter queue must be a FIFO queue, too. */
  fifo?: {
    deduplicationScope: 'messageGroup' | 'queue';
    throughputLimit: 'perMessageGroupId' | 'perQueue';
  };
  /** The Lambda event source mapping. */
  consumer?: {
    function: string;
    batchSize: number;
    reportBatchItemFailures: boolean;
    /** How many batches run at the same time. */
    maximumConcurrency?: number;
  };
}

export interface Table {
  name: string;
  partitionKey: string;
  sortKey: string;
  /** A number attribute, in epoch seconds. */
  timeToLiveAttribute: string;
}
