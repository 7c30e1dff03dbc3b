import type { SQSEvent } from 'aws-lambda';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Queue } from '../../../lib/local/description.ts';
import type { InvocationResult } from '../../../lib/local/invoke.ts';
import type { Sqs } from '../../../lib/local/sqs/create-sqs.ts';
import type { ManualTime } from '../../support/manual-time.ts';
import { failure, type Mapping, reporting, startMapping } from './mapping.ts';

// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html (concurrency)
let sqs: Sqs;
let time: ManualTime;
let events: SQSEvent[];
let chains: unknown[];
let printed: string[];
let bodies: Mapping['bodies'];
/** What the function answers; a test may replace it. */
let answer: (event: SQSEvent) => InvocationResult | Promise<InvocationResult>;

function start(consumer: Partial<Queue['consumer']> = {}) {
  ({ sqs, time, events, chains, printed, bodies } = startMapping((event) => answer(event), consumer));
}

beforeEach(() => {
  answer = () => ({ ok: true, payload: null });
});
afterEach(() => sqs.close());

test('the event source mapping of a queue invokes the function with records of the shape that Lambda gives', async () => {
  start();
  const MessageAttributes = { kind: { DataType: 'String', StringValue: 'greeting' } };
  sqs.send('jobs', { body: 'hello', attributes: MessageAttributes });
  await time.advance(0);
  expect(events).toEqual([
    {
      Records: [
        {
          messageId: 'id-1',
          receiptHandle: expect.any(String),
          body: 'hello',
          attributes: {
            ApproximateReceiveCount: '1',
            SentTimestamp: '1000',
            SenderId: expect.any(String),
            ApproximateFirstReceiveTimestamp: '1000',
          },
          messageAttributes: {
            kind: {
              stringValue: 'greeting',
              stringListValues: [],
              binaryListValues: [],
              dataType: 'String',
            },
          },
          md5OfBody: '5d41402abc4b2a76b9719d911017c592',
          eventSource: 'aws:sqs',
          eventSourceARN: 'arn:aws:sqs:eu-west-1:000000000000:jobs',
          awsRegion: 'eu-west-1',
        },
      ],
    },
  ]);
});

test('the event source mapping of a queue invokes the function when the delay of a message has passed', async () => {
  start();
  sqs.send('jobs', { body: 'later', delaySeconds: 10 });
  await time.advance(9_999);
  expect(events).toEqual([]);
  await time.advance(1);
  expect(bodies()).toEqual([['later']]);
});

test('the event source mapping of a queue puts messages that arrive together into one batch, up to its size', async () => {
  start({ batchSize: 2 });
  for (const body of ['a', 'b', 'c']) sqs.send('jobs', { body });
  await time.advance(0);
  expect(bodies()).toEqual([['a', 'b'], ['c']]);
});

test('the event source mapping of a queue invokes for further messages while a batch is being worked on', async () => {
  start();
  answer = () => new Promise(() => undefined);
  sqs.send('jobs', { body: 'stuck' });
  await time.advance(0);
  sqs.send('jobs', { body: 'next' });
  await time.advance(0);
  expect(bodies()).toEqual([['stuck'], ['next']]);
});

test('the event source mapping of a queue goes on with the chains of all messages of a batch', async () => {
  start();
  sqs.send('jobs', { body: 'a', traceHeader: 'Root=1-a' });
  sqs.send('jobs', { body: 'b' });
  sqs.send('jobs', { body: 'c', traceHeader: 'Root=1-c' });
  sqs.send('rooms.fifo', { body: 'd', groupId: 'g', deduplicationId: 'd', traceHeader: 'Root=1-d' });
  await time.advance(0);
  expect(bodies()).toEqual([['a', 'b', 'c'], ['d']]);
  expect(chains).toEqual([['Root=1-a', 'Root=1-c'], ['Root=1-d']]);
});

test('the event source mapping of a queue deletes a batch that succeeded', async () => {
  start();
  sqs.send('jobs', { body: 'a' });
  await time.advance(3_600_000);
  expect(events).toHaveLength(1);
  expect(printed).toEqual([]);
});

test('the event source mapping of a queue delivers a whole batch again after its visibility timeout when the function failed', async () => {
  start();
  answer = () => (events.length === 1 ? failure : { ok: true, payload: null });
  sqs.send('jobs', { body: 'a' });
  sqs.send('jobs', { body: 'b' });
  await time.advance(59_999);
  expect(bodies()).toEqual([['a', 'b']]);
  expect(printed).toHaveLength(1);
  await time.advance(3_600_000);
  expect(bodies().flat()).toEqual(['a', 'b', 'a', 'b']);
});

test('the event source mapping of a queue moves a message to the dead-letter queue when the function has failed too often', async () => {
  start();
  answer = () => failure;
  sqs.send('jobs', { body: 'poison' });
  await time.advance(3_600_000);
  expect(events).toHaveLength(2);
  expect(printed.at(-1)).toContain('dead');
  const received = await sqs.service.operations['ReceiveMessage']?.({ QueueUrl: sqs.queueUrl('dead') });
  expect(received).toMatchObject({ Messages: [{ Body: 'poison' }] });
});

test('the event source mapping of a queue delivers again just the messages that the function reports as failed', async () => {
  start({ reportBatchItemFailures: true });
  answer = () => (events.length === 1 ? reporting('id-2') : reporting());
  for (const body of ['a', 'b', 'c']) sqs.send('jobs', { body });
  await time.advance(3_600_000);
  expect(bodies()).toEqual([['a', 'b', 'c'], ['b']]);
});

test.each<[string, InvocationResult]>([
  ['nothing', { ok: true, payload: null }],
  ['an empty object', { ok: true, payload: {} }],
  ['an empty list', { ok: true, payload: { batchItemFailures: [] } }],
  ['null as list', { ok: true, payload: { batchItemFailures: null } }],
])(
  'the event source mapping of a queue takes %s for the success of the whole batch',
  async (_name, result) => {
    start({ reportBatchItemFailures: true });
    answer = () => result;
    sqs.send('jobs', { body: 'a' });
    await time.advance(3_600_000);
    expect(events).toHaveLength(1);
  },
);

test.each<[string, InvocationResult]>([
  ['a failed invocation', failure],
  ['a string', { ok: true, payload: 'fine' }],
  ['a list that is none', { ok: true, payload: { batchItemFailures: 'id-1' } }],
  ['an id that was not in the batch', reporting('id-1', 'id-9')],
  ['an empty id', reporting('')],
  ['null as id', reporting(null)],
  ['another key', { ok: true, payload: { batchItemFailures: [{ messageId: 'id-1' }] } }],
  ['null as item', { ok: true, payload: { batchItemFailures: [null] } }],
])(
  'the event source mapping of a queue takes %s for the failure of the whole batch',
  async (_name, result) => {
    start({ reportBatchItemFailures: true });
    answer = () => (events.length === 1 ? result : reporting());
    sqs.send('jobs', { body: 'a' });
    sqs.send('jobs', { body: 'b' });
    await time.advance(3_600_000);
    expect(bodies().flat()).toEqual(['a', 'b', 'a', 'b']);
  },
);

test('the event source mapping of a queue ignores what a function answers that does not report failures', async () => {
  start();
  answer = () => reporting('id-1');
  sqs.send('jobs', { body: 'a' });
  await time.advance(3_600_000);
  expect(events).toHaveLength(1);
});

test.each([
  ['five', undefined, 5],
  ['maximumConcurrency, a lower one,', 2, 2],
  ['maximumConcurrency, a higher one,', 7, 7],
])(
  'the event source mapping of a queue works on %s batches at a time',
  async (_name, maximumConcurrency, expected) => {
    start({ batchSize: 1, ...(maximumConcurrency !== undefined && { maximumConcurrency }) });
    answer = () => new Promise(() => undefined);
    for (let count = 0; count < 10; count += 1) sqs.send('jobs', { body: 'x' });
    await time.advance(0);
    expect(events).toHaveLength(expected);
  },
);

test('the event source mapping of a queue invokes nothing after it is closed', async () => {
  start();
  await sqs.close();
  sqs.send('jobs', { body: 'late' });
  await time.advance(3_600_000);
  expect(events).toEqual([]);
});
