import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LambdaFunction, StackDescription } from '../../../lib/local/description.ts';
import type { Handler } from '../../../lib/local/lambda/handler.ts';
import { type ManualTime, manualTime } from '../../support/manual-time.ts';
import { connect } from '../../support/test-client.ts';
import { startToy, type Toy } from '../toy-stack.ts';

const QUEUES = 'http://localhost/000000000000';

let toy: Toy;
let time: ManualTime;
let lambda: LambdaClient;
let sqs: SQSClient;
/** Ends the invocations of `slow` that are running. */
let finish: () => void;
/** How long after the start `work` ran. */
let runs: number[];
let startedAt: number;
let fill: Promise<unknown>;

const handlers: Record<string, Handler> = {
  slow: () =>
    new Promise((resolve) => {
      const others = finish;
      finish = () => {
        others();
        resolve('done');
      };
    }),
  work: async () => {
    runs.push(time.now() - startedAt);
    return { statusCode: 200, body: '{"type":"worked"}' };
  },
};

function adapt(stack: StackDescription): StackDescription {
  const statements = [{ actions: ['sqs:*'], resources: ['*'] }];
  const common: LambdaFunction = { environment: {}, timeoutSeconds: 900, statements };
  const asynchronous = {
    maximumRetryAttempts: 0,
    maximumEventAgeSeconds: 600,
    onFailureQueue: 'dead',
  } as const;
  const queue = { delaySeconds: 0, visibilityTimeoutSeconds: 30 };
  const redrive = { deadLetterQueue: 'dead', maxReceiveCount: 2 };
  const consumer = { function: 'work', batchSize: 10, reportBatchItemFailures: false };
  return {
    ...stack,
    functions: { slow: common, work: { ...common, timeoutSeconds: 30, asynchronous } },
    queues: { jobs: { ...queue, redrive, consumer }, dead: queue },
  };
}

/** An account that is at its concurrency until `finish`. */
async function startFull(routes: Record<string, string> = {}): Promise<void> {
  toy = await startToy({ handlers, routes, time, adapt, quotas: { concurrency: 2 } });
  lambda = new LambdaClient({ endpoint: toy.endpoint, maxAttempts: 1 });
  sqs = new SQSClient({ endpoint: toy.endpoint, maxAttempts: 1 });
  fill = Promise.all([toy.invoke('slow', {}), toy.invoke('slow', {})]);
}

beforeEach(() => {
  time = manualTime();
  startedAt = time.now();
  runs = [];
  finish = () => undefined;
});
afterEach(async () => {
  finish();
  await fill;
  lambda.destroy();
  sqs.destroy();
  await toy.close();
});

/** The bodies in the queue `dead`, which stay there. */
async function dead(): Promise<string[]> {
  const receive = { QueueUrl: `${QUEUES}/dead`, MaxNumberOfMessages: 10, VisibilityTimeout: 0 };
  const { Messages: messages = [] } = await sqs.send(new ReceiveMessageCommand(receive));
  return messages.map(({ Body: body = '' }) => body);
}

const invoke = (InvocationType: 'Event' | 'RequestResponse') =>
  lambda.send(new InvokeCommand({ FunctionName: 'work', InvocationType }));

// https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
test('while as many functions run as the account allows, Invoke is refused with 429, until one of them has ended', async () => {
  await startFull();
  await expect(invoke('RequestResponse')).rejects.toMatchObject({
    name: 'TooManyRequestsException',
    Reason: 'ConcurrentInvocationLimitExceeded',
    $metadata: { httpStatusCode: 429 },
  });
  expect(runs).toEqual([]);
  expect(toy.printed).toEqual(['lambda: work is throttled: 2 invocations run, the limit of the account']);
  finish();
  await fill;
  expect(await invoke('RequestResponse')).toMatchObject({ StatusCode: 200 });
});

test('while as many functions run as the account allows, a throttled function is printed at most once a second', async () => {
  await startFull();
  for (let count = 0; count < 3; count += 1) await invoke('RequestResponse').catch(() => undefined);
  expect(toy.printed).toHaveLength(1);
  await time.advance(1_000);
  await invoke('RequestResponse').catch(() => undefined);
  expect(toy.printed).toHaveLength(2);
});

// The frame is that of any integration that fails; which one AWS sends for a throttled function is not documented.
test('while as many functions run as the account allows, a message of a client is answered by Internal server error, and its connection stays open', async () => {
  await startFull({ $default: 'work!' });
  const client = await connect(toy.endpoint);
  client.send('x');
  expect(await client.next()).toMatchObject({ message: 'Internal server error' });
  finish();
  await fill;
  client.send('x');
  expect(await client.next()).toEqual({ type: 'worked' });
});

// A REST API answers 500: https://repost.aws/questions/QUfI6bsdd0SOiPeyimzxSkfQ. Of WebSocket APIs AWS says nothing, so
// this holds to a status of 500 or more.
test('while as many functions run as the account allows, a client that connects is refused with a server error', async () => {
  await startFull({ $connect: 'work' });
  await expect(connect(toy.endpoint)).rejects.toThrow(/\b50\d\b/);
  finish();
  await fill;
  await connect(toy.endpoint);
});

// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html: "Lambda returns the event to the
// queue [...]. The retry interval increases exponentially from 1 second after the first attempt to a maximum of 5 minutes."
test('while as many functions run as the account allows, an asynchronous invocation waits, and is tried after 1, 2, 4 s and so on', async () => {
  await startFull();
  expect(await invoke('Event')).toMatchObject({ StatusCode: 202 });
  await time.advance(8_000);
  expect(runs).toEqual([]);
  finish();
  await fill;
  await time.advance(6_999);
  expect(runs).toEqual([]);
  await time.advance(1);
  expect(runs).toEqual([15_000]);
});

test('an event that has been throttled for longer than it may goes to the on-failure destination without a run', async () => {
  await startFull();
  await invoke('Event');
  await time.advance(600_000);
  finish();
  await fill;
  await time.advance(3_600_000);
  expect(runs).toEqual([]);
  const [record = ''] = await dead();
  expect(JSON.parse(record)).toMatchObject({
    requestContext: { condition: 'EventAgeExceeded', approximateInvokeCount: 0 },
  });
});

// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html: "Lambda continues to retry the message
// until the message's timestamp exceeds your queue's visibility timeout, at which point Lambda drops the message."
const sendJob = () => sqs.send(new SendMessageCommand({ QueueUrl: `${QUEUES}/jobs`, MessageBody: 'job' }));

test('a batch of a queue that is throttled is tried again within its visibility timeout, as the same receive', async () => {
  await startFull();
  await sendJob();
  await time.advance(20_000);
  expect(runs).toEqual([]);
  finish();
  await fill;
  await time.advance(1_000);
  expect(runs).toEqual([21_000]);
  await time.advance(3_600_000);
  expect(runs).toHaveLength(1);
});

test('a batch of a queue that is throttled is received again after its visibility timeout, and is dead-lettered after as many receives as a failing message', async () => {
  await startFull();
  await sendJob();
  await time.advance(59_000);
  expect(await dead()).toEqual([]);
  await time.advance(1_000);
  expect(await dead()).toEqual(['job']);
  expect(runs).toEqual([]);
});

test('an account has a concurrency of 1,000 by default', async () => {
  toy = await startToy({ handlers, routes: {}, time, adapt });
  lambda = new LambdaClient({ endpoint: toy.endpoint, maxAttempts: 1 });
  sqs = new SQSClient({ endpoint: toy.endpoint });
  fill = Promise.all(Array.from({ length: 999 }, () => toy.invoke('slow', {})));
  expect(await toy.invoke('work', {})).toMatchObject({ ok: true });
  fill = Promise.all([fill, toy.invoke('slow', {})]);
  expect(await toy.invoke('work', {})).toMatchObject({ ok: false, throttled: true });
});
