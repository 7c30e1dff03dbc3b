import type { LambdaFunction, Queue, StackDescription } from './description.ts';
import { checkRoles } from './iam/access-control.ts';

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const MAX_PATTERN = 2_048;
const MAX_RULES = 300;
/** Also for names of schedules. https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html */
const RULE_NAME = /^[.\-_A-Za-z0-9]{1,64}$/;
/** https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html */
const MAX_ROUTES = 300;

/**
 * Refuses a stack that AWS would not deploy. Event patterns and the route selection expression are checked where they are
 * compiled.
 * @throws Error with a line for each violation, or what `checkRoles` throws.
 */
export function checkDescription(description: StackDescription): void {
  const found = [
    ...functionViolations(description),
    ...queueViolations(description),
    ...ruleViolations(description),
    ...routeViolations(description),
    ...scheduleViolations(description),
  ];
  if (found.length > 0) throw new Error(['AWS would refuse this stack:', ...found].join('\n  '));
  checkRoles(description);
}

function ruleViolations({ eventBus, functions }: StackDescription): string[] {
  const found = eventBus.rules.flatMap(({ name, pattern, function: target }) => {
    const length = JSON.stringify(pattern).length;
    return [
      ...(RULE_NAME.test(name) ? [] : [`rule ${name}: a name has at most 64 letters, digits, and . - _`]),
      ...(length > MAX_PATTERN
        ? [`rule ${name}: its pattern has ${length} characters, at most ${MAX_PATTERN} are allowed`]
        : []),
      ...(Object.hasOwn(functions, target)
        ? []
        : [`rule ${name}: its target ${target} is no function of the stack`]),
    ];
  });
  const count = eventBus.rules.length;
  return count > MAX_RULES ? [...found, `bus ${eventBus.name}: ${count} rules, at most ${MAX_RULES}`] : found;
}

function scheduleViolations({ schedules = [], functions }: StackDescription): string[] {
  return schedules.flatMap(({ name, everyMinutes, function: target }) => [
    ...(RULE_NAME.test(name) ? [] : [`schedule ${name}: a name has at most 64 letters, digits, and . - _`]),
    ...(Number.isInteger(everyMinutes) && everyMinutes >= 1
      ? []
      : [`schedule ${name}: a rate is a whole number of minutes, at least 1, not ${everyMinutes}`]),
    ...(Object.hasOwn(functions, target)
      ? []
      : [`schedule ${name}: its target ${target} is no function of the stack`]),
  ]);
}

function routeViolations({ webSocketApi, functions }: StackDescription): string[] {
  const routes = Object.entries(webSocketApi.routes);
  const found = routes
    .filter(([, { function: target }]) => !Object.hasOwn(functions, target))
    .map(([key, { function: target }]) => `route ${key}: ${target} is no function of the stack`);
  return routes.length > MAX_ROUTES
    ? [...found, `the API has ${routes.length} routes, at most ${MAX_ROUTES}`]
    : found;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const TIMEOUT_SECONDS: Range = { min: 1, max: 900 };
const MEMORY_MB: Range = { min: 128, max: 10_240 };
const LARGEST_ENVIRONMENT_BYTES = 4_096;

/** https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html */
const EVENT_AGE_SECONDS: Range = { min: 60, max: 21_600 };
const RETRY_ATTEMPTS: Range = { min: 0, max: 2 };

/** https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html */
const FUNCTION_NAME = /^[a-zA-Z0-9-_]{1,64}$/;

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
const VARIABLE_NAME = /^[a-zA-Z]\w+$/;
const RESERVED_VARIABLES = new Set([
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_DEFAULT_REGION',
  'AWS_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_LAMBDA_RUNTIME_API',
  'LAMBDA_TASK_ROOT',
  'LAMBDA_RUNTIME_DIR',
]);

/** A sentence for each rule of Lambda that a function of the stack violates. */
function functionViolations({ functions, queues }: StackDescription): string[] {
  return Object.entries(functions).flatMap(([name, { timeoutSeconds, memoryMB, environment, ...rest }]) => [
    ...(FUNCTION_NAME.test(name)
      ? []
      : [`function ${name}: a name has at most 64 letters, digits, hyphens and underscores`]),
    ...outOfRange(`function ${name}: timeoutSeconds`, timeoutSeconds, TIMEOUT_SECONDS),
    ...outOfRange(`function ${name}: memoryMB`, memoryMB, MEMORY_MB),
    ...environmentViolations(name, environment),
    ...asynchronousViolations(name, rest.asynchronous, queues),
  ]);
}

function environmentViolations(name: string, environment: Record<string, string>): string[] {
  const variables = Object.keys(environment);
  const reserved = variables.filter((variable) => RESERVED_VARIABLES.has(variable));
  const malformed = variables.filter(
    (variable) => !VARIABLE_NAME.test(variable) && !RESERVED_VARIABLES.has(variable),
  );
  // Lambda's error message shows the JSON of all variables, so this measures the size of the JSON.
  const bytes = Buffer.byteLength(JSON.stringify(environment));
  return [
    ...reserved.map((variable) => `function ${name}: the environment variable ${variable} is reserved`),
    ...malformed.map(
      (variable) =>
        `function ${name}: the environment variable ${variable} must begin with a letter and have two or more letters, digits or underscores`,
    ),
    ...(bytes > LARGEST_ENVIRONMENT_BYTES
      ? [
          `function ${name}: the environment variables you have provided exceeded the 4KB limit (${bytes} bytes)`,
        ]
      : []),
  ];
}

function asynchronousViolations(
  name: string,
  asynchronous: LambdaFunction['asynchronous'],
  queues: StackDescription['queues'],
): string[] {
  if (asynchronous === undefined) return [];
  const { maximumEventAgeSeconds, maximumRetryAttempts, onFailureQueue } = asynchronous;
  return [
    ...outOfRange(`function ${name}: maximumEventAgeSeconds`, maximumEventAgeSeconds, EVENT_AGE_SECONDS),
    ...outOfRange(`function ${name}: maximumRetryAttempts`, maximumRetryAttempts, RETRY_ATTEMPTS),
    ...(onFailureQueue === undefined ? [] : destinationViolations(name, onFailureQueue, queues)),
  ];
}

/** The destination must be a standard queue: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
function destinationViolations(name: string, queue: string, queues: StackDescription['queues']): string[] {
  const described = queues[queue];
  if (described === undefined) {
    return [`function ${name}: its on-failure destination ${queue} is no queue of the stack`];
  }
  return described.fifo === undefined
    ? []
    : [`function ${name}: its on-failure destination ${queue} must be a standard queue`];
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html */
const DELAY_SECONDS: Range = { min: 0, max: 900 };
const VISIBILITY_SECONDS: Range = { min: 0, max: 43_200 };
const RETENTION_SECONDS: Range = { min: 60, max: 1_209_600 };
const RECEIVE_COUNT: Range = { min: 1, max: 1_000 };
const QUEUE_NAME = /^[\w-]{1,80}$/;
const FIFO_SUFFIX = '.fifo';

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html */
const FIFO_BATCH_SIZE: Range = { min: 1, max: 10 };
/** More than ten need a batching window, which the description does not support. */
const BATCH_SIZE: Range = { min: 1, max: 10_000 };
/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html */
const MAXIMUM_CONCURRENCY: Range = { min: 2, max: 1_000 };

/** A sentence for each rule of SQS and Lambda that a queue of the stack or its consumer violates. */
function queueViolations({ queues, functions }: Pick<StackDescription, 'queues' | 'functions'>): string[] {
  return Object.entries(queues).flatMap(([name, queue]) => [
    ...nameViolations(name, queue.fifo),
    ...outOfRange(`queue ${name}: delaySeconds`, queue.delaySeconds, DELAY_SECONDS),
    ...outOfRange(
      `queue ${name}: visibilityTimeoutSeconds`,
      queue.visibilityTimeoutSeconds,
      VISIBILITY_SECONDS,
    ),
    ...outOfRange(`queue ${name}: retentionSeconds`, queue.retentionSeconds, RETENTION_SECONDS),
    ...scopeViolations(name, queue.fifo),
    ...redriveViolations(name, queue, queues),
    ...consumerViolations(name, queue, functions),
  ]);
}

function nameViolations(name: string, fifo: Queue['fifo']): string[] {
  const isNamedFifo = name.endsWith(FIFO_SUFFIX);
  if (fifo && !isNamedFifo) return [`queue ${name}: the name of a FIFO queue must end in ${FIFO_SUFFIX}`];
  if (!fifo && isNamedFifo) return [`queue ${name}: only the name of a FIFO queue may end in ${FIFO_SUFFIX}`];
  const isValid =
    name.length <= 80 && QUEUE_NAME.test(isNamedFifo ? name.slice(0, -FIFO_SUFFIX.length) : name);
  return isValid ? [] : [`queue ${name}: a name has at most 80 letters, digits, hyphens and underscores`];
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/enable-high-throughput-fifo.html */
function scopeViolations(name: string, fifo: Queue['fifo']): string[] {
  if (fifo?.throughputLimit !== 'perMessageGroupId' || fifo.deduplicationScope === 'messageGroup') return [];
  return [`queue ${name}: its throughput limit is per message group, so its deduplication must be too`];
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html */
function redriveViolations(name: string, { redrive, fifo }: Queue, queues: Record<string, Queue>): string[] {
  if (redrive === undefined) return [];
  const { deadLetterQueue, maxReceiveCount } = redrive;
  const described = queues[deadLetterQueue];
  const kind = fifo ? 'FIFO' : 'standard';
  return [
    ...outOfRange(`queue ${name}: maxReceiveCount`, maxReceiveCount, RECEIVE_COUNT),
    ...(described === undefined
      ? [`queue ${name}: its dead-letter queue ${deadLetterQueue} is no queue of the stack`]
      : []),
    ...(described && (described.fifo === undefined) !== (fifo === undefined)
      ? [
          `queue ${name}: the dead-letter queue of a ${kind} queue must be a ${kind} queue: ${deadLetterQueue}`,
        ]
      : []),
  ];
}

/** Some sentences repeat the error messages of Lambda, so that a developer can search for them. */
function consumerViolations(
  name: string,
  { consumer, fifo, visibilityTimeoutSeconds: visibility }: Queue,
  functions: StackDescription['functions'],
): string[] {
  if (consumer === undefined) return [];
  const { batchSize, maximumConcurrency } = consumer;
  const timeout = functions[consumer.function]?.timeoutSeconds;
  return [
    ...outOfRange(`queue ${name}: batchSize`, batchSize, fifo ? FIFO_BATCH_SIZE : BATCH_SIZE),
    ...(!fifo && batchSize > 10
      ? [
          `queue ${name}: Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10`,
        ]
      : []),
    ...outOfRange(`queue ${name}: maximumConcurrency`, maximumConcurrency, MAXIMUM_CONCURRENCY),
    ...(timeout === undefined
      ? [`queue ${name}: its consumer ${consumer.function} is no function of the stack`]
      : []),
    // https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    ...(timeout !== undefined && visibility < timeout
      ? [
          `queue ${name}: Queue visibility timeout: ${visibility} seconds is less than Function timeout: ${timeout} seconds`,
        ]
      : []),
  ];
}

interface Range {
  min: number;
  max: number;
}

/** A sentence if the value is not a whole number in the range; nothing if it is, or if it is absent. */
function outOfRange(name: string, value: number | undefined, { min, max }: Range): string[] {
  if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return [];
  return [`${name} is ${value}, a whole number from ${min} to ${max} is allowed`];
}
