/**
 * What the emulator is told about a stack. It knows nothing else of what it serves: no message, no row and no
 * handler of any particular project is named anywhere in `lib/local`.
 */
export interface StackDescription {
  /** API Gateway stage, a path segment of the `@connections` endpoint. */
  stage: string;
  /** Of the WebSocket API: ten letters and digits, in its ARN and in the events of its routes. */
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

/** Lambda's own default, and the least it has. */
export const DEFAULT_MEMORY_MB = 128;

export interface LambdaFunction {
  /** The whole environment the function sees, next to what the Lambda runtime itself gives (region, credentials). */
  environment: Record<string, string>;
  timeoutSeconds: number;
  /** What the function is told that it has; memory is not limited here. Default: `DEFAULT_MEMORY_MB`. */
  memoryMB?: number;
  /**
   * What the function's role may do, in this account (000000000000): what none of them allows is denied. Of what Lambda
   * does in that role, too: polling the queue that it consumes, and sending to `onFailureQueue`.
   */
  statements: readonly Statement[];
  /**
   * Lambda runs the function however often it has been invoked in one chain, by what it has sent itself. Without it the
   * chain is stopped after 16 times.
   */
  recursiveLoop?: 'allow';
  /** How an asynchronous invocation (EventBridge) is retried. Delays are Lambda's: one minute, then two. */
  asynchronous?: {
    maximumRetryAttempts: 0 | 1 | 2;
    maximumEventAgeSeconds: number;
    /** Queue of `StackDescription.queues` that gets Lambda's `onFailure` record. */
    onFailureQueue?: string;
  };
}

/** An IAM statement that allows; no other kind exists here. Both lists take IAM's `*` and `?`. */
export interface Statement {
  /** Such as `dynamodb:GetItem`. */
  actions: readonly string[];
  /** ARNs. */
  resources: readonly string[];
}

export interface WebSocketApi {
  /** Only the form `$request.body.<path>` exists here. */
  routeSelectionExpression: string;
  routes: Record<string, Route>;
  /** Of each route, over all clients. Default: no limit but the account's. */
  throttle?: { rateLimit: number; burstLimit: number };
}

export interface Route {
  function: string;
  /** Two-way: what the function returns as `body` is sent to the client. */
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
  /** `rate(n minutes)`: the first run is so long after the start. */
  everyMinutes: number;
  /** Invoked asynchronously, with `{}`. */
  function: string;
}

export interface Queue {
  delaySeconds: number;
  visibilityTimeoutSeconds: number;
  /** How long it keeps a message. Default: four days, as in SQS. */
  retentionSeconds?: number;
  /** Where a message goes that was received `maxReceiveCount` times without being deleted. */
  redrive?: { deadLetterQueue: string; maxReceiveCount: number };
  /** Makes it a FIFO queue, whose name ends in `.fifo` and whose dead-letter queue is one too. */
  fifo?: {
    deduplicationScope: 'messageGroup' | 'queue';
    throughputLimit: 'perMessageGroupId' | 'perQueue';
  };
  /** Lambda event source mapping. */
  consumer?: {
    function: string;
    batchSize: number;
    reportBatchItemFailures: boolean;
    /** How many batches are worked on at a time. */
    maximumConcurrency?: number;
  };
}

export interface Table {
  name: string;
  partitionKey: string;
  sortKey: string;
  /** Number attribute, epoch seconds. */
  timeToLiveAttribute: string;
}
