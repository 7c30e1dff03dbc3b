import { beforeEach, describe, expect, test } from 'vitest';
import type { MessageQueue, ReceivedMessage, StoredMessage } from '../../../lib/local/sqs/message-queue.ts';
import { standardQueue } from '../../../lib/local/sqs/standard-queue.ts';
import { type ManualTime, manualTime } from '../../support/manual-time.ts';

let time: ManualTime;
let queue: MessageQueue;
let deadLetters: StoredMessage[];

beforeEach(() => {
  time = manualTime(1_000_000);
  deadLetters = [];
  let count = 0;
  queue = standardQueue({
    delaySeconds: 0,
    visibilityTimeoutSeconds: 30,
    redrive: { maxReceiveCount: 3, deadLetter: (message) => deadLetters.push(message) },
    time,
    newId: () => `message-${++count}`,
  });
});

const receive = (options: { most?: number; visibilityTimeoutSeconds?: number } = {}) =>
  queue.receive({ most: 10, waitSeconds: 0, ...options });
const receiveOne = async () => (await receive({ most: 1 }))[0] as ReceivedMessage;
const bodies = (messages: ReceivedMessage[]) => messages.map(({ body }) => body);

test('a standard queue delivers messages in the order of their arrival, no more than asked for', async () => {
  for (const body of ['a', 'b', 'c']) queue.send({ body });
  expect(bodies(await receive({ most: 2 }))).toEqual(['a', 'b']);
  expect(bodies(await receive())).toEqual(['c']);
});

test('a standard queue hides a message until its delay has passed', async () => {
  queue.send({ body: 'later', delaySeconds: 10 });
  await time.advance(9_999);
  expect(queue.count()).toEqual({ visible: 0, delayed: 1, inFlight: 0 });
  expect(await receive()).toEqual([]);
  await time.advance(1);
  expect(bodies(await receive())).toEqual(['later']);
});

test('a standard queue delays by its own setting a message that says nothing, and not one that says zero', async () => {
  queue = standardQueue({
    delaySeconds: 5,
    visibilityTimeoutSeconds: 30,
    time,
    newId: () => crypto.randomUUID(),
  });
  queue.send({ body: 'as the queue' });
  queue.send({ body: 'at once', delaySeconds: 0 });
  expect(bodies(await receive())).toEqual(['at once']);
  await time.advance(5_000);
  expect(bodies(await receive())).toEqual(['as the queue']);
});

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues-at-least-once-delivery.html
describe('with a fault that asks for a second delivery', () => {
  let comeOnceMore: (again: boolean) => void;

  beforeEach(() => {
    queue = standardQueue({
      delaySeconds: 0,
      visibilityTimeoutSeconds: 30,
      isDeliveredAgain: () =>
        new Promise((resolve) => {
          comeOnceMore = resolve;
        }),
      time,
      newId: () => 'message-1',
    });
    queue.send({ body: 'a' });
  });

  test('a standard queue with a fault that asks for a second delivery delivers it while it is in flight, as the same message by another receipt', async () => {
    const first = await receiveOne();
    comeOnceMore(true);
    await time.advance(0);
    const second = await receiveOne();
    expect([first.messageId, second.messageId]).toEqual(['message-1', 'message-1']);
    expect(second.receiptHandle).not.toBe(first.receiptHandle);
    queue.delete(first.receiptHandle);
    await time.advance(30_000);
    expect(bodies(await receive())).toEqual(['a']);
  });

  test('a standard queue with a fault that asks for a second delivery delivers a message again although it was deleted', async () => {
    const first = await receiveOne();
    queue.delete(first.receiptHandle);
    comeOnceMore(true);
    await time.advance(0);
    const second = await receiveOne();
    comeOnceMore(true);
    queue.delete(second.receiptHandle);
    await time.advance(3_600_000);
    expect(await receive()).toEqual([]);
    expect(queue.count()).toEqual({ visible: 0, delayed: 0, inFlight: 0 });
  });

  test('a standard queue with a fault that asks for a second delivery delivers it no more often than otherwise when the fault says no', async () => {
    queue.delete((await receiveOne()).receiptHandle);
    comeOnceMore(false);
    await time.advance(3_600_000);
    expect(await receive()).toEqual([]);
  });
});

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
test('a standard queue loses a message at the end of its retention, which a dead-letter queue counts from the first arrival', async () => {
  const expired: string[] = [];
  queue = standardQueue({
    delaySeconds: 0,
    visibilityTimeoutSeconds: 30,
    retentionSeconds: 60,
    onExpired: ({ body }) => expired.push(body),
    time,
    newId: () => crypto.randomUUID(),
  });
  queue.send({ body: 'old' });
  await time.advance(10_000);
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
  queue.send({
    body: 'moved',
    movedFrom: { messageId: 'm', sentAt: time.now() - 50_000, queueArn: 'arn' },
  });
  await time.advance(10_000);
  expect(bodies(await receive({ visibilityTimeoutSeconds: 0 }))).toEqual(['old']);
  expect(expired).toEqual(['moved']);
  await time.advance(40_000);
  expect(await receive()).toEqual([]);
  expect(expired).toEqual(['moved', 'old']);
});

test('a standard queue delivers a message again when it was not deleted within its visibility timeout', async () => {
  queue.send({ body: 'a' });
  const first = await receiveOne();
  await time.advance(29_999);
  expect(await receive()).toEqual([]);
  await time.advance(1);
  const second = await receiveOne();
  expect(second.messageId).toBe(first.messageId);
  expect(second.receiptHandle).not.toBe(first.receiptHandle);
  expect([first, second].map(({ attributes }) => attributes['ApproximateReceiveCount'])).toEqual(['1', '2']);
  expect(second.attributes['ApproximateFirstReceiveTimestamp']).toBe('1000000');
});

test('a standard queue does not deliver a message again that was deleted', async () => {
  queue.send({ body: 'a' });
  queue.delete((await receiveOne()).receiptHandle);
  await time.advance(60_000);
  expect(await receive()).toEqual([]);
  expect(queue.count()).toEqual({ visible: 0, delayed: 0, inFlight: 0 });
});

test('a standard queue applies the visibility timeout of the receive call', async () => {
  queue.send({ body: 'a' });
  await receive({ visibilityTimeoutSeconds: 2 });
  await time.advance(2_000);
  expect(bodies(await receive())).toEqual(['a']);
});

test('a standard queue delivers a message once per receive and does not hide it with a visibility timeout of zero', async () => {
  queue.send({ body: 'a' });
  expect(bodies(await receive({ visibilityTimeoutSeconds: 0 }))).toEqual(['a']);
  expect(bodies(await receive())).toEqual(['a']);
});

test('a standard queue lets the last receiver delete a message that has become visible again', async () => {
  queue.send({ body: 'a' });
  const { receiptHandle } = await receiveOne();
  await time.advance(30_000);
  queue.delete(receiptHandle);
  expect(await receive()).toEqual([]);
});

test('a standard queue does not delete by an outdated receipt', async () => {
  queue.send({ body: 'a' });
  const { receiptHandle } = await receiveOne();
  await time.advance(30_000);
  await receiveOne();
  queue.delete(receiptHandle);
  expect(queue.count().inFlight).toBe(1);
});

test('a standard queue prolongs, shortens and ends the visibility timeout of a message in flight', async () => {
  queue.send({ body: 'a' });
  const { receiptHandle } = await receiveOne();
  queue.changeVisibility(receiptHandle, 100);
  await time.advance(99_999);
  expect(await receive()).toEqual([]);
  queue.changeVisibility(receiptHandle, 0);
  expect(bodies(await receive())).toEqual(['a']);
  expect(() => queue.changeVisibility(receiptHandle, 5)).toThrow('not in flight');
});

test('a standard queue gives a message to its dead-letter queue instead of delivering it once too often', async () => {
  queue.send({ body: 'poison' });
  for (let count = 0; count < 3; count += 1) {
    expect(await receive()).toHaveLength(1);
    await time.advance(30_000);
  }
  expect(deadLetters).toEqual([]);
  expect(await receive()).toEqual([]);
  expect(deadLetters).toMatchObject([{ messageId: 'message-1', body: 'poison', receiveCount: 3 }]);
  expect(queue.count()).toEqual({ visible: 0, delayed: 0, inFlight: 0 });
});

test('a standard queue answers a long poll as soon as there is a message, and a whole batch at once', async () => {
  const waiting = queue.receive({ most: 10, waitSeconds: 20 });
  await time.advance(5_000);
  queue.send({ body: 'a' });
  queue.send({ body: 'b' });
  expect(bodies(await waiting)).toEqual(['a', 'b']);
});

test('a standard queue answers a long poll with nothing when its time is over', async () => {
  const waiting = queue.receive({ most: 10, waitSeconds: 20 });
  await time.advance(20_000);
  expect(await waiting).toEqual([]);
  queue.send({ body: 'a' });
  expect(bodies(await receive())).toEqual(['a']);
});

test('a standard queue gives a message to one of several long polls, the longest waiting first', async () => {
  const polls = [1, 2].map(() => queue.receive({ most: 10, waitSeconds: 20 }));
  queue.send({ body: 'a' });
  await time.advance(20_000);
  expect((await Promise.all(polls)).map(bodies)).toEqual([['a'], []]);
});

test('a standard queue wakes a long poll for a message whose visibility timeout has passed', async () => {
  queue.send({ body: 'a' });
  await receive();
  const waiting = queue.receive({ most: 10, waitSeconds: Number.POSITIVE_INFINITY });
  await time.advance(30_000);
  expect(bodies(await waiting)).toEqual(['a']);
});

test('a standard queue purges messages that are visible, delayed and in flight', async () => {
  queue.send({ body: 'in flight' });
  await receive();
  queue.send({ body: 'visible' });
  queue.send({ body: 'delayed', delaySeconds: 5 });
  queue.purge();
  await time.advance(60_000);
  expect(await receive()).toEqual([]);
});

test('a standard queue ends every wait when it is closed', async () => {
  const waiting = queue.receive({ most: 1, waitSeconds: Number.POSITIVE_INFINITY });
  queue.close();
  expect(await waiting).toEqual([]);
});
