import {
  IDLE_TIMEOUT_MS,
  MAX_CONNECTION_MS,
  MAX_FRAME_BYTES,
  MAX_MESSAGE_BYTES,
} from '../protocol/limits.ts';

interface AwsLimit {
  service: 'API Gateway' | 'EventBridge' | 'SQS' | 'Lambda' | 'DynamoDB';
  /** What is limited. */
  what: string;
  value: number;
  unit: string;
  /** Whether AWS raises the limit, and where it is lower. Without it, the limit is the same for everybody. */
  note?: string;
  /** The page of AWS that states the limit. */
  source: string;
}

const aws = (path: string) => `https://docs.aws.amazon.com/${path}`;
const WEBSOCKET = aws(
  'apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html',
);
const API_GATEWAY = aws('apigateway/latest/developerguide/limits.html');
const EVENT_BRIDGE = aws('eventbridge/latest/userguide/eb-quota.html');
const PUT_EVENTS = aws('eventbridge/latest/APIReference/API_PutEvents.html');
const SQS_MESSAGES = aws('AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html');
const SQS_QUEUE = aws('AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html');
const SQS_FIFO = aws(
  'AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html',
);
const LAMBDA = aws('lambda/latest/dg/gettingstarted-limits.html');
const DYNAMODB = aws('amazondynamodb/latest/developerguide/ServiceQuotas.html');
const PARTITION = aws('amazondynamodb/latest/developerguide/bp-partition-key-design.html');

/**
 * The limits of AWS on which the code relies, each with its source. The values of the wire are in
 * `lib/protocol/limits.ts`, which pages use too. The emulator has limits of its own, because it imports nothing of the
 * project; a test compares them with these.
 */
export const awsLimits = {
  requestsPerSecond: {
    service: 'API Gateway',
    what: 'messages and posts, all APIs of the account together',
    value: 10_000,
    unit: 'a second',
    note: '2,500 in smaller regions; raised on request (Service Quotas code L-8A5B8E43)',
    source: API_GATEWAY,
  },
  requestBurst: {
    service: 'API Gateway',
    what: 'messages and posts at once',
    value: 5_000,
    unit: 'requests',
    note: 'cannot be raised',
    source: API_GATEWAY,
  },
  connectionsPerSecond: {
    service: 'API Gateway',
    what: 'new connections, all WebSocket APIs',
    value: 500,
    unit: 'a second',
    note: 'raised on request (Service Quotas code L-9ED1E49A)',
    source: WEBSOCKET,
  },
  messageBytes: {
    service: 'API Gateway',
    what: 'one message, in either direction',
    value: MAX_MESSAGE_BYTES,
    unit: 'bytes',
    source: WEBSOCKET,
  },
  frameBytes: {
    service: 'API Gateway',
    what: 'one frame; a longer message counts as several',
    value: MAX_FRAME_BYTES,
    unit: 'bytes',
    source: WEBSOCKET,
  },
  idleSeconds: {
    service: 'API Gateway',
    what: 'a connection without messages',
    value: IDLE_TIMEOUT_MS / 1_000,
    unit: 'seconds',
    source: WEBSOCKET,
  },
  connectionSeconds: {
    service: 'API Gateway',
    what: 'age of a connection',
    value: MAX_CONNECTION_MS / 1_000,
    unit: 'seconds',
    source: WEBSOCKET,
  },
  integrationSeconds: {
    service: 'API Gateway',
    what: 'answer of the function of a route',
    value: 29,
    unit: 'seconds',
    source: WEBSOCKET,
  },
  putEvents: {
    service: 'EventBridge',
    what: 'PutEvents, all buses of the account',
    value: 10_000,
    unit: 'a second',
    note: 'us-east-1; 2,400 in us-east-2; by region',
    source: EVENT_BRIDGE,
  },
  ruleInvocations: {
    service: 'EventBridge',
    what: 'invocations by rules; above it, events wait',
    value: 18_750,
    unit: 'a second',
    note: 'us-east-1, us-west-2 and eu-west-1; fewer elsewhere',
    source: EVENT_BRIDGE,
  },
  putEventsEntries: {
    service: 'EventBridge',
    what: 'entries of one PutEvents',
    value: 10,
    unit: 'entries',
    source: PUT_EVENTS,
  },
  putEventsBytes: {
    service: 'EventBridge',
    what: 'all entries of one PutEvents; they must be smaller',
    value: 1024 * 1024,
    unit: 'bytes',
    source: PUT_EVENTS,
  },
  sendsPerGroup: {
    service: 'SQS',
    what: 'sends to one message group of a FIFO queue: the events of one room',
    value: 300,
    unit: 'a second',
    source: SQS_MESSAGES,
  },
  sendsPerQueue: {
    service: 'SQS',
    what: 'calls to a FIFO queue with high throughput: the events of all rooms',
    value: 70_000,
    unit: 'a second',
    note: 'us-east-1, us-west-2 and eu-west-1; 19,000 in us-east-2 and eu-central-1, fewer elsewhere; more on request',
    source: SQS_MESSAGES,
  },
  deduplicationSeconds: {
    service: 'SQS',
    what: 'time in which a FIFO queue drops a message with the same deduplication id',
    value: 300,
    unit: 'seconds',
    source: SQS_FIFO,
  },
  delaySeconds: {
    service: 'SQS',
    what: 'delay of a message',
    value: 900,
    unit: 'seconds',
    source: SQS_QUEUE,
  },
  retentionSeconds: {
    service: 'SQS',
    what: 'retention of a message',
    value: 1_209_600,
    unit: 'seconds',
    source: SQS_QUEUE,
  },
  sqsBytes: {
    service: 'SQS',
    what: 'one message with its attributes',
    value: 1024 * 1024,
    unit: 'bytes',
    source: SQS_MESSAGES,
  },
  concurrency: {
    service: 'Lambda',
    what: 'functions that run at the same time',
    value: 1_000,
    unit: 'invocations',
    note: 'as few as 10 in a new account; raised on request',
    source: LAMBDA,
  },
  environmentBytes: {
    service: 'Lambda',
    what: 'variables of one function',
    value: 4_096,
    unit: 'bytes',
    source: LAMBDA,
  },
  initSeconds: {
    service: 'Lambda',
    what: 'initialization of an environment',
    value: 10,
    unit: 'seconds',
    source: aws('lambda/latest/dg/lambda-runtime-environment.html'),
  },
  chain: {
    service: 'Lambda',
    what: 'invocations of a function in one chain, approximately',
    value: 16,
    unit: 'invocations',
    note: 'not for functions with `recursiveLoop: allow`',
    source: aws('lambda/latest/dg/invocation-recursion.html'),
  },
  fifoBatch: {
    service: 'Lambda',
    what: 'messages of one batch of a FIFO queue',
    value: 10,
    unit: 'messages',
    source: aws('lambda/latest/dg/services-sqs-parameters.html'),
  },
  maximumConcurrency: {
    service: 'Lambda',
    what: 'batches of one queue at the same time; at least 2',
    value: 1_000,
    unit: 'batches',
    source: aws('lambda/latest/dg/services-sqs-scaling.html'),
  },
  partitionWrites: {
    service: 'DynamoDB',
    what: 'write units of one partition',
    value: 1_000,
    unit: 'a second',
    source: PARTITION,
  },
  partitionReads: {
    service: 'DynamoDB',
    what: 'read units of one partition',
    value: 3_000,
    unit: 'a second',
    source: PARTITION,
  },
  tableUnits: {
    service: 'DynamoDB',
    what: 'read units, and write units, of one on-demand table',
    value: 40_000,
    unit: 'a second',
    note: 'raised on request',
    source: DYNAMODB,
  },
  batchGet: {
    service: 'DynamoDB',
    what: 'items of one BatchGetItem',
    value: 100,
    unit: 'items',
    source: DYNAMODB,
  },
} as const satisfies Record<string, AwsLimit>;
