import { InvokeCommand, LambdaClient, RecursiveInvocationException } from '@aws-sdk/client-lambda';
import { SendMessageBatchCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LambdaFunction, Queue } from '../../../lib/local/description.ts';
import { runWithEnvironment } from '../../../lib/local/lambda/function-environment.ts';
import type { Handler } from '../../../lib/local/lambda/handler.ts';
import { type ManualTime, manualTime } from '../../support/manual-time.ts';
import { EVERYTHING, startToy, type Toy } from '../toy-stack.ts';

const PATIENCE = { timeout: 20_000 };

const VISIBILITY_SECONDS = 60;
const fifo = { deduplicationScope: 'messageGroup', throughputLimit: 'perMessageGroupId' } as const;

let toy: Toy;
let time: ManualTime;
let sqs: SQSClient;
let lambda: LambdaClient;
/** What each function has been given, in order. */
let given: Record<string, unknown[]>;
const handlers: Record<string, Handler> = {};
const names = ['worker', 'helper'];

async function start(described: { worker?: Partial<LambdaFunction>; queue?: Partial<Queue> } = {}) {
  time = manualTime();
  given = Object.fromEntries(names.map((name) => [name, []]));
  const settings = { delaySeconds: 0, visibilityTimeoutSeconds: VISIBILITY_SECONDS };
  const consumer = { function: 'worker', batchSize: 10, reportBatchItemFailures: true };
  toy = await startToy({
    handlers: Object.fromEntries(names.map((name) => [name, async () => undefined])),
    routes: {},
    time,
    // In their own environments, as functions that have been loaded from files: an SDK sends the header only there.
    loader: ({ environmentOf }) => ({
      loadHandler: async (name) => {
        const environment = environmentOf(name);
        return (event, context) =>
          runWithEnvironment(environment, async () => {
            given[name]?.push(event);
            return handlers[name]?.(event, context);
          });
      },
    }),
    adapt: (stack) => ({
      ...stack,
      functions: {
        worker: { environment: {}, timeoutSeconds: 30, statements: EVERYTHING, ...described.worker },
        helper: { environment: {}, timeoutSeconds: 30, statements: EVERYTHING },
      },
      queues: {
        jobs: {
          ...settings,
          redrive: { deadLetterQueue: 'dead', maxReceiveCount: 3 },
          consumer,
          ...described.queue,
        },
        'rooms.fifo': { ...settings, fifo, consumer },
        dead: settings,
      },
    }),
  });
  sqs = new SQSClient({ maxAttempts: 1 });
  lambda = new LambdaClient({ maxAttempts: 1 });
}

beforeEach(() => {
  for (const name of names) handlers[name] = async () => undefined;
});
afterEach(async () => {
  sqs.destroy();
  lambda.destroy();
  await toy.close();
});

const url = (queue: string) => `${toy.endpoint}/000000000000/${queue}`;
const send = (MessageBody: string, queue = 'jobs') =>
  sqs.send(new SendMessageCommand({ QueueUrl: url(queue), MessageBody }));
const invoke = (FunctionName: string, event: object, InvocationType?: 'Event') =>
  lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event), InvocationType }));

/** The bodies of the messages that the worker was given. */
const bodies = () =>
  (given['worker'] ?? []).flatMap((event) => (event as SQSEvent).Records.map(({ body }) => body));
const upTo = (count: number) => Array.from({ length: count }, (_, index) => String(index + 1));
const refusals = () => toy.printed.filter((line) => line.includes('is not run'));
async function dropped() {
  const answer = await (await fetch(`${toy.endpoint}/dev/invocations`)).json();
  return (answer as { recursiveInvocationsDropped: unknown }).recursiveInvocationsDropped;
}
const attributesOf = async (queue: string) => {
  const body = JSON.stringify({
    QueueUrl: url(queue),
    AttributeNames: ['All'],
    MessageSystemAttributeNames: ['All'],
  });
  const headers = {
    'x-amz-target': 'AmazonSQS.ReceiveMessage',
    authorization: 'AWS4-HMAC-SHA256 Credential=x',
  };
  const answer = await (await fetch(toy.endpoint, { method: 'POST', body, headers })).json();
  return (answer as { Messages?: { Body: string; Attributes: Record<string, string> }[] }).Messages;
};

/** Sends each number's successor to the worker's queue. */
const sendsTheNext =
  (last = Number.POSITIVE_INFINITY): Handler =>
  async (event) => {
    for (const { body } of (event as SQSEvent).Records) {
      if (Number(body) < last) await send(String(Number(body) + 1));
    }
  };

// https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
test('a function that sends to the queue that invokes it is run 16 times; its 17th message stays, counts a receive at a time, and ends with the dead letters', async () => {
  await start();
  handlers['worker'] = sendsTheNext();
  await send('1');
  await expect.poll(refusals, PATIENCE).toHaveLength(1);
  expect(bodies()).toEqual(upTo(16));
  expect(refusals()[0]).toMatch(
    /^lambda: worker is not run: it has been invoked 16 times in one chain \(1-[0-9a-f-]+\), .*recursiveLoop: 'allow'$/,
  );
  await time.advance(VISIBILITY_SECONDS * 1000 - 1);
  expect(refusals()).toHaveLength(1);
  await time.advance(1);
  expect(refusals()).toHaveLength(2);
  await time.advance(VISIBILITY_SECONDS * 1000);
  expect(refusals()).toHaveLength(3);
  await time.advance(VISIBILITY_SECONDS * 1000);
  expect(bodies()).toEqual(upTo(16));
  expect(refusals()).toHaveLength(3);
  expect(await dropped()).toEqual({ worker: 3 });
  // The chain is not forgotten there: who consumes dead letters may send them back.
  const chain = refusals()[0]?.match(/\((1-[^)]+)\)/)?.[1];
  expect(await attributesOf('dead')).toMatchObject([
    { Body: '17', Attributes: { AWSTraceHeader: expect.stringContaining(`Root=${chain};`) } },
  ]);
});

test('a function that sends to the queue that invokes it is run without end if the loop is allowed', async () => {
  await start({ worker: { recursiveLoop: 'allow' } });
  handlers['worker'] = sendsTheNext(40);
  await send('1');
  await expect.poll(bodies, PATIENCE).toHaveLength(40);
  expect(refusals()).toEqual([]);
  expect(await dropped()).toEqual({});
});

test('a function that sends to the FIFO queue that invokes it, in batches, is stopped as well', async () => {
  await start();
  const ids = { MessageGroupId: 'a', Id: '1' };
  handlers['worker'] = async (event) => {
    const [record] = (event as SQSEvent).Records;
    const next = String(Number(record?.body) + 1);
    const Entries = [{ ...ids, MessageBody: next, MessageDeduplicationId: next }];
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: url('rooms.fifo'), Entries }));
  };
  const first = { ...ids, QueueUrl: url('rooms.fifo'), MessageBody: '1', MessageDeduplicationId: '1' };
  await sqs.send(new SendMessageCommand(first));
  await expect.poll(refusals, PATIENCE).toHaveLength(1);
  expect(bodies()).toEqual(upTo(16));
});

test('a function that sends to the queue that invokes it is stopped even if another function stands between', async () => {
  await start();
  handlers['worker'] = async (event) => void (await invoke('helper', event as object));
  handlers['helper'] = sendsTheNext();
  await send('1');
  await expect.poll(refusals, PATIENCE).toHaveLength(1);
  expect(bodies()).toEqual(upTo(16));
  expect(given['helper']).toHaveLength(16);
});

test('a function that sends to the queue that invokes it is counted in each chain alone, even if chains run at the same time', async () => {
  await start({
    queue: { consumer: { function: 'worker', batchSize: 1, reportBatchItemFailures: false } },
  });
  handlers['worker'] = sendsTheNext(16);
  await Promise.all(upTo(5).map(() => send('1')));
  await expect.poll(bodies, PATIENCE).toHaveLength(5 * 16);
  expect(refusals()).toEqual([]);
});

test('a function that invokes itself is run 16 times; the 17th call fails with RecursiveInvocationException', async () => {
  await start();
  const refused: unknown[] = [];
  handlers['worker'] = async (event) => {
    const { count } = event as { count: number };
    await invoke('worker', { count: count + 1 }).catch((error) => refused.push(error));
  };
  await invoke('worker', { count: 1 });
  expect(given['worker']).toHaveLength(16);
  expect(refused).toEqual([expect.any(RecursiveInvocationException)]);
  expect(refused[0]).toMatchObject({
    Type: 'User',
    message: expect.stringContaining('recursive loop'),
    $metadata: { httpStatusCode: 400 },
  });
  expect(await dropped()).toEqual({ worker: 1 });
});

test('a function that invokes itself asynchronously is run 16 times; the 17th event is not tried again and goes to its destination', async () => {
  const asynchronous = {
    maximumRetryAttempts: 2,
    maximumEventAgeSeconds: 3_600,
    onFailureQueue: 'dead',
  } as const;
  await start({ worker: { asynchronous } });
  handlers['worker'] = async (event) => {
    const { count } = event as { count: number };
    await invoke('worker', { count: count + 1 }, 'Event');
  };
  await invoke('worker', { count: 1 }, 'Event');
  await expect.poll(refusals, PATIENCE).toHaveLength(1);
  await time.advance(60 * 60 * 1000);
  expect(given['worker']).toHaveLength(16);
  expect(refusals()).toHaveLength(1);
  const [message] = (await attributesOf('dead')) ?? [];
  expect(JSON.parse(message?.Body ?? '')).toMatchObject({
    requestPayload: { count: 17 },
    requestContext: { approximateInvokeCount: 0 },
  });
});

test('an invocation has a trace header of its own in its environment, even while others of the function run', async () => {
  await start();
  const header = () => process.env['_X_AMZN_TRACE_ID'];
  handlers['worker'] = async () => {
    const before = header();
    await new Promise((resolve) => setImmediate(resolve));
    return [before, header(), { ...process.env }['_X_AMZN_TRACE_ID'], '_X_AMZN_TRACE_ID' in process.env];
  };
  const answers = await Promise.all(upTo(3).map(() => invoke('worker', {})));
  const seen = answers.map(({ Payload }) => JSON.parse(Payload?.transformToString() ?? '') as unknown[]);
  for (const [before, ...after] of seen) {
    expect(before).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Lineage=1:[0-9a-f]{8}:1$/);
    expect(after).toEqual([before, before, true]);
  }
  expect(new Set(seen.map(([before]) => before)).size).toBe(3);
  expect(header()).toBeUndefined();
});
