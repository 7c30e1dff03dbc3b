import type { LambdaFunction, StackDescription } from '../description.ts';
import { outOfRange, type Range } from '../out-of-range.ts';

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

/** What Lambda would refuse about the functions of a stack: a sentence each. */
export function functionViolations({ functions, queues }: StackDescription): string[] {
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
  // Lambda's error message shows the JSON of all variables, so its size is what is measured.
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

/** A standard queue: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
function destinationViolations(name: string, queue: string, queues: StackDescription['queues']): string[] {
  const described = queues[queue];
  if (described === undefined) {
    return [`function ${name}: its on-failure destination ${queue} is no queue of the stack`];
  }
  return described.fifo === undefined
    ? []
    : [`function ${name}: its on-failure destination ${queue} must be a standard queue`];
}
