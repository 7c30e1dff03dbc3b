import type { SQSEvent, SQSRecord } from 'aws-lambda';
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
let printed: string[];
let bodies: Mapping['bodies'];
/** What the function answers; a test may replace it. */
let answer: (event: SQSEvent) => InvocationResult | Promise<InvocationResult>;

function start(consumer: Partial<Queue['consumer']> = {}) {
  ({ sqs, time, events, printed, bodies } = startMapping((event) => answer(event), consumer));
}

beforeEach(() => {
  answer = () => ({ ok: true, payload: null });
});
afterEach(() => sqs.close());

/** The first letter of the body is the group. */
const send = (...messages: string[]) => {
  for (const body of messages) {
    sqs.send('rooms.fifo', { body, groupId: body.charAt(0), deduplicationId: body });
  }
};
const changeVisibility = (record: SQSRecord | undefined, VisibilityTimeout: number) =>
  sqs.service.operations['ChangeMessageVisibility']?.({
    QueueUrl: sqs.queueUrl('rooms.fifo'),
    ReceiptHandle: record?.receiptHandle,
    VisibilityTimeout,
  });

test('the event source mapping of a FIFO queue passes the group, the deduplication id and the number of a message to the function', async () => {
  start();
  send('a1');
  await time.advance(0);
  expect(events[0]?.Records[0]).toMatchObject({
    eventSourceARN: 'arn:aws:sqs:eu-west-1:000000000000:rooms.fifo',
    attributes: {
      MessageGroupId: 'a',
      MessageDeduplicationId: 'a1',
      SequenceNumber: expect.stringMatching(/^\d{20}$/),
    },
  });
});

test('the event source mapping of a FIFO queue works on a group once at a time, and on as many groups at once as its concurrency', async () => {
  start({ batchSize: 1, maximumConcurrency: 3 });
  const finish: (() => void)[] = [];
  answer = () => new Promise((resolve) => finish.push(() => resolve({ ok: true, payload: null })));
  send('a1', 'a2', 'b1');
  await time.advance(0);
  expect(bodies()).toEqual([['a1'], ['b1']]);
  send('c1', 'd1');
  await time.advance(0);
  expect(bodies()).toEqual([['a1'], ['b1'], ['c1']]);
  finish[0]?.();
  await time.advance(0);
  expect(bodies().slice(3)).toEqual([['d1']]);
  finish[1]?.();
  await time.advance(0);
  expect(bodies().slice(4)).toEqual([['a2']]);
});

test('the event source mapping of a FIFO queue delivers messages that were reported as failed before the later ones of their group', async () => {
  start({ reportBatchItemFailures: true });
  answer = ({ Records }) =>
    events.length === 1 ? reporting(Records.find(({ body }) => body === 'a2')?.messageId) : reporting();
  send('a1', 'a2', 'a3', 'b1');
  await time.advance(0);
  send('a4');
  await time.advance(59_999);
  expect(bodies()).toEqual([['a1', 'a2', 'a3', 'b1']]);
  await time.advance(1);
  expect(bodies().slice(1)).toEqual([['a2', 'a4']]);
});

test('the event source mapping of a FIFO queue delivers a message sooner if the function made it visible sooner while it ran', async () => {
  start();
  answer = ({ Records }) => {
    if (events.length > 1) return { ok: true, payload: null };
    changeVisibility(Records[0], 5);
    return failure;
  };
  send('a1');
  await time.advance(5_000);
  expect(bodies()).toEqual([['a1'], ['a1']]);
});

test('the event source mapping of a FIFO queue delivers a message sooner if it is made visible sooner after the function has failed', async () => {
  start();
  answer = () => (events.length === 1 ? failure : { ok: true, payload: null });
  send('a1');
  await time.advance(1_000);
  changeVisibility(events[0]?.Records[0], 0);
  await time.advance(0);
  expect(bodies()).toEqual([['a1'], ['a1']]);
});

test('the event source mapping of a FIFO queue prints a line if the function ends with a message that is visible again, and goes on', async () => {
  start({ maximumConcurrency: 1 });
  answer = ({ Records }) => {
    if (events.length === 1) changeVisibility(Records[0], 0);
    return { ok: true, payload: null };
  };
  send('a1');
  await time.advance(0);
  expect(bodies()).toEqual([['a1'], ['a1']]);
  expect(printed).toEqual([expect.stringContaining('too late')]);
  send('a2');
  await time.advance(0);
  expect(bodies().slice(2)).toEqual([['a2']]);
});

test('the event source mapping of a FIFO queue goes on with a group when its first message has gone to the dead letters', async () => {
  start({ batchSize: 1 });
  answer = ({ Records }) => (Records[0]?.body === 'a1' ? failure : { ok: true, payload: null });
  send('a1', 'a2');
  await time.advance(3_600_000);
  expect(bodies()).toEqual([['a1'], ['a1'], ['a2']]);
  const dead = await sqs.service.operations['ReceiveMessage']?.({ QueueUrl: sqs.queueUrl('dead.fifo') });
  expect(dead).toMatchObject({ Messages: [{ Body: 'a1' }] });
});
