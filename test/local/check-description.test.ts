import { expect, test } from 'vitest';
import { checkDescription } from '../../lib/local/check-description.ts';
import type { LambdaFunction, Queue, StackDescription } from '../../lib/local/description.ts';
import { startToy, toyStack } from './toy-stack.ts';

const fifo = { deduplicationScope: 'messageGroup', throughputLimit: 'perMessageGroupId' } as const;
const plain: Queue = { delaySeconds: 0, visibilityTimeoutSeconds: 30 };
const consumer = { function: 'work', batchSize: 10, reportBatchItemFailures: false };
const work: LambdaFunction = {
  environment: {},
  timeoutSeconds: 30,
  statements: [{ actions: ['sqs:*'], resources: ['*'] }],
};

function stack(change: Partial<StackDescription> = {}): StackDescription {
  return { ...toyStack({}, []), functions: { work }, ...change };
}

const withFunction = (change: Partial<LambdaFunction>) =>
  stack({ functions: { work: { ...work, ...change } } });
const withQueue = (name: string, queue: Partial<Queue>, others: Record<string, Queue> = {}) =>
  stack({ queues: { [name]: { ...plain, ...queue }, ...others } });
const redrive = (deadLetterQueue: string, maxReceiveCount = 1) => ({
  redrive: { deadLetterQueue, maxReceiveCount },
});
const asynchronous = { maximumRetryAttempts: 2, maximumEventAgeSeconds: 60 } as const;
const rule = { name: 'all', pattern: { source: ['x'] }, function: 'work' };
const withRule = (change: object) => stack({ eventBus: { name: 'toy', rules: [{ ...rule, ...change }] } });
/** A pattern of that many characters. */
const patternOf = (length: number) => ({ source: ['x'.repeat(length - '{"source":[""]}'.length)] });

test('a stack at every limit of AWS is taken', () => {
  const environment = { AB: 'x'.repeat(4_096 - '{"AB":""}'.length) };
  const limits = {
    timeoutSeconds: 900,
    memoryMB: 10_240,
    environment,
    asynchronous: { ...asynchronous, maximumEventAgeSeconds: 21_600, onFailureQueue: 'dead' },
  };
  const queues = {
    jobs: {
      delaySeconds: 900,
      visibilityTimeoutSeconds: 900,
      retentionSeconds: 1_209_600,
      ...redrive('dead', 1_000),
      consumer: { ...consumer, maximumConcurrency: 2 },
    },
    dead: { delaySeconds: 0, visibilityTimeoutSeconds: 43_200, retentionSeconds: 60 },
    'rooms.fifo': {
      ...plain,
      visibilityTimeoutSeconds: 900,
      fifo,
      consumer: { ...consumer, maximumConcurrency: 1_000 },
    },
  };
  const eventBus = { name: 'toy', rules: [{ ...rule, pattern: patternOf(2_048) }] };
  expect(() =>
    checkDescription(stack({ functions: { work: { ...work, ...limits } }, queues, eventBus })),
  ).not.toThrow();
});

// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
// https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
test.each<[string, StackDescription, string]>([
  ['without a timeout', withFunction({ timeoutSeconds: 0 }), 'timeoutSeconds is 0'],
  ['of more than 15 minutes', withFunction({ timeoutSeconds: 901 }), 'timeoutSeconds is 901'],
  ['whose timeout is no whole number', withFunction({ timeoutSeconds: 1.5 }), 'timeoutSeconds is 1.5'],
  ['of less than 128 MB', withFunction({ memoryMB: 127 }), 'memoryMB is 127'],
  ['of more than 10,240 MB', withFunction({ memoryMB: 10_241 }), 'memoryMB is 10241'],
  [
    'whose environment is larger than 4 KB',
    withFunction({ environment: { AB: 'x'.repeat(4_097 - '{"AB":""}'.length) } }),
    'exceeded the 4KB limit (4097 bytes)',
  ],
  ['that sets a reserved variable', withFunction({ environment: { AWS_REGION: 'x' } }), 'is reserved'],
  ['whose variable has no name', withFunction({ environment: { '1A': 'x' } }), 'must begin with a letter'],
  [
    'with a name of more than 64 characters',
    stack({ functions: { ['f'.repeat(65)]: work } }),
    'at most 64 letters',
  ],
  [
    'whose events may be older than six hours',
    withFunction({ asynchronous: { ...asynchronous, maximumEventAgeSeconds: 21_601 } }),
    'maximumEventAgeSeconds is 21601',
  ],
  [
    'whose events may not be a minute old',
    withFunction({ asynchronous: { ...asynchronous, maximumEventAgeSeconds: 59 } }),
    'maximumEventAgeSeconds is 59',
  ],
  [
    'whose on-failure destination does not exist',
    withFunction({ asynchronous: { ...asynchronous, onFailureQueue: 'nowhere' } }),
    'its on-failure destination nowhere is no queue of the stack',
  ],
  [
    'whose on-failure destination is a FIFO queue',
    stack({
      functions: { work: { ...work, asynchronous: { ...asynchronous, onFailureQueue: 'dead.fifo' } } },
      queues: { 'dead.fifo': { ...plain, fifo } },
    }),
    'its on-failure destination dead.fifo must be a standard queue',
  ],
])('Lambda refuses a function %s', (_name, description, message) => {
  expect(() => checkDescription(description)).toThrow(message);
});

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
test.each<[string, StackDescription, string]>([
  ['with a delay of more than 15 minutes', withQueue('jobs', { delaySeconds: 901 }), 'delaySeconds is 901'],
  [
    'with a visibility timeout of more than 12 hours',
    withQueue('jobs', { visibilityTimeoutSeconds: 43_201 }),
    'visibilityTimeoutSeconds is 43201',
  ],
  [
    'that keeps messages for less than a minute',
    withQueue('jobs', { retentionSeconds: 59 }),
    'retentionSeconds is 59',
  ],
  [
    'that keeps messages for more than 14 days',
    withQueue('jobs', { retentionSeconds: 1_209_601 }),
    'retentionSeconds is 1209601',
  ],
  [
    'with a name of more than 80 characters',
    withQueue('q'.repeat(81), {}),
    'at most 80 letters, digits, hyphens and underscores',
  ],
  [
    'whose dead-letter queue does not exist',
    withQueue('jobs', redrive('nowhere')),
    'its dead-letter queue nowhere is no queue of the stack',
  ],
  [
    'that gives a message up before it was received',
    withQueue('jobs', redrive('dead', 0), { dead: plain }),
    'maxReceiveCount is 0',
  ],
  [
    'that gives a message up after more than 1,000 receives',
    withQueue('jobs', redrive('dead', 1_001), { dead: plain }),
    'maxReceiveCount is 1001',
  ],
  ['that is FIFO and not named so', withQueue('rooms', { fifo }), 'must end in .fifo'],
  ['that is not FIFO and named so', withQueue('jobs.fifo', {}), 'only the name of a FIFO queue may end in'],
  [
    'that is FIFO and has a standard dead-letter queue',
    withQueue('rooms.fifo', { fifo, ...redrive('dead') }, { dead: plain }),
    'the dead-letter queue of a FIFO queue must be a FIFO queue: dead',
  ],
  [
    'that is standard and has a FIFO dead-letter queue',
    withQueue('jobs', redrive('dead.fifo'), { 'dead.fifo': { ...plain, fifo } }),
    'the dead-letter queue of a standard queue must be a standard queue: dead.fifo',
  ],
  [
    'with a quota for each group but deduplication in the whole queue',
    withQueue('rooms.fifo', { fifo: { ...fifo, deduplicationScope: 'queue' } }),
    'its throughput limit is per message group, so its deduplication must be too',
  ],
])('SQS refuses a queue %s', (_name, description, message) => {
  expect(() => checkDescription(description)).toThrow(message);
});

// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
const consuming = (change: object, queue: Partial<Queue> = {}) => ({
  ...queue,
  consumer: { ...consumer, ...change },
});
test.each<[string, StackDescription, string]>([
  [
    'whose visibility timeout is shorter than the timeout of the function',
    withQueue('jobs', consuming({}, { visibilityTimeoutSeconds: 29 })),
    // In these words: https://github.com/hashicorp/terraform-provider-aws/issues/18099
    'Queue visibility timeout: 29 seconds is less than Function timeout: 30 seconds',
  ],
  [
    'in batches of more than ten without a batching window, which a description does not have',
    withQueue('jobs', consuming({ batchSize: 11 })),
    'Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10',
  ],
  ['in empty batches', withQueue('jobs', consuming({ batchSize: 0 })), 'batchSize is 0'],
  [
    'that is FIFO in batches of more than ten',
    withQueue('rooms.fifo', consuming({ batchSize: 11 }, { fifo })),
    'batchSize is 11, a whole number from 1 to 10 is allowed',
  ],
  [
    'one batch at a time',
    withQueue('jobs', consuming({ maximumConcurrency: 1 })),
    'maximumConcurrency is 1, a whole number from 2 to 1000 is allowed',
  ],
  [
    'for a function that does not exist',
    withQueue('jobs', consuming({ function: 'nobody' })),
    'its consumer nobody is no function of the stack',
  ],
])('Lambda refuses to poll a queue %s', (_name, description, message) => {
  expect(() => checkDescription(description)).toThrow(message);
});

// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
test.each<[string, StackDescription, string]>([
  ['whose target does not exist', withRule({ function: 'nobody' }), 'its target nobody is no function'],
  ['whose pattern is too long', withRule({ pattern: patternOf(2_049) }), 'its pattern has 2049 characters'],
  ['whose name has a space', withRule({ name: 'all of it' }), 'a name has at most 64 letters, digits'],
  [
    'beyond the 300 of a bus',
    stack({
      eventBus: {
        name: 'toy',
        rules: Array.from({ length: 301 }, (_, index) => ({ ...rule, name: `rule-${index}` })),
      },
    }),
    'bus toy: 301 rules, at most 300',
  ],
])('EventBridge refuses a rule %s', (_name, description, message) => {
  expect(() => checkDescription(description)).toThrow(message);
});

test('a route must lead to a function of the stack', () => {
  expect(() => checkDescription({ ...toyStack({ $connect: 'nobody' }, []) })).toThrow(
    'route $connect: nobody is no function of the stack',
  );
});

// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
test.each([
  [{ everyMinutes: 0 }, 'schedule tick: a rate is a whole number of minutes, at least 1, not 0'],
  [{ everyMinutes: 0.5 }, 'a rate is a whole number of minutes, at least 1, not 0.5'],
  [{ name: 'each minute' }, 'schedule each minute: a name has at most 64 letters, digits'],
  [{ function: 'nobody' }, 'schedule tick: its target nobody is no function of the stack'],
])('EventBridge Scheduler refuses a schedule with %j', (changes, message) => {
  const schedule = { name: 'tick', everyMinutes: 1, function: 'work', ...changes };
  expect(() => checkDescription({ ...toyStack({}, ['work']), schedules: [schedule] })).toThrow(message);
});

test('the emulator does not start with a stack that AWS would refuse, and names all that is wrong with it', async () => {
  const starting = startToy({
    handlers: { work: async () => undefined },
    routes: { $default: 'nobody' },
    adapt: (toy) => ({ ...toy, queues: { jobs: { ...plain, delaySeconds: 901 } } }),
  });
  await expect(starting).rejects.toThrow(
    'AWS would refuse this stack:\n' +
      '  queue jobs: delaySeconds is 901, a whole number from 0 to 900 is allowed\n' +
      '  route $default: nobody is no function of the stack',
  );
});
