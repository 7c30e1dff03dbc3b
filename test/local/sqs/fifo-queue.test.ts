import { beforeEach, expect, test } from 'vitest';
import { type FifoQueueSettings, fifoQueue } from '../../../lib/local/sqs/fifo-queue.ts';
import type {
  MessageQueue,
  MessageToSend,
  ReceivedMessage,
  StoredMessage,
} from '../../../lib/local/sqs/message-queue.ts';
import { type ManualTime, manualTime } from '../../support/manual-time.ts';

let time: ManualTime;
let queue: MessageQueue;
let deadLetters: StoredMessage[];
let sent: number;

function start(settings: Partial<FifoQueueSettings> = {}) {
  let count = 0;
  queue = fifoQueue({
    fifo: { deduplicationScope: 'messageGroup', throughputLimit: 'perMessageGroupId' },
    delaySeconds: 0,
    visibilityTimeoutSeconds: 30,
    redrive: { maxReceiveCount: 3, deadLetter: (message) => deadLetters.push(message) },
    time,
    newId: () => `message-${++count}`,
    ...settings,
  });
}

beforeEach(() => {
  time = manualTime(1_000_000);
  deadLetters = [];
  sent = 0;
  start();
});

/** The first letter of the body is the group. */
const send = (body: string, more: Partial<MessageToSend> = {}) =>
  queue.send({ body, groupId: body.charAt(0), deduplicationId: `unique-${++sent}`, ...more });
const sendAll = (...bodies: string[]) => bodies.map((body) => send(body));
const receive = (most = 10) => queue.receive({ most, waitSeconds: 0 });
const bodies = (messages: ReceivedMessage[]) => messages.map(({ body }) => body);
const deleteAll = (messages: ReceivedMessage[]) => {
  for (const { receiptHandle } of messages) queue.delete(receiptHandle);
};

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
test('a FIFO queue loses a message at the end of its retention, which a dead-letter queue counts from its own arrival', async () => {
  const expired: string[] = [];
  start({ retentionSeconds: 60, onExpired: ({ body }) => expired.push(body) });
  send('a1');
  await time.advance(30_000);
  send('a2', { movedFrom: { messageId: 'm', sentAt: time.now() - 3_600_000, queueArn: 'arn' } });
  await time.advance(30_000);
  expect(bodies(await receive())).toEqual(['a2']);
  expect(expired).toEqual(['a1']);
});

test('a FIFO queue takes no message without a group and a deduplication id', () => {
  expect(() => queue.send({ body: 'a', deduplicationId: '1' })).toThrow('MessageGroupId');
  expect(() => queue.send({ body: 'a', groupId: 'a' })).toThrow('MessageDeduplicationId provided explicitly');
});

test('a FIFO queue takes no delay of a single message, and takes a delay of zero for none', async () => {
  expect(() => send('a1', { delaySeconds: 1 })).toThrow('not valid for this queue type');
  send('a2', { delaySeconds: 0 });
  expect(bodies(await receive())).toEqual(['a2']);
});

test('a FIFO queue delays every message by its own setting', async () => {
  start({ delaySeconds: 5 });
  sendAll('a1', 'a2');
  await time.advance(4_999);
  expect(await receive()).toEqual([]);
  expect(queue.count()).toEqual({ visible: 0, delayed: 2, inFlight: 0 });
  await time.advance(1);
  expect(bodies(await receive())).toEqual(['a1', 'a2']);
});

test('a FIFO queue gives messages increasing numbers of 20 digits, and returns number, group and id to the receiver', async () => {
  const [first, second] = sendAll('a1', 'b1').map(({ sequenceNumber = '' }) => sequenceNumber);
  expect(first).toMatch(/^\d{20}$/);
  expect(BigInt(second ?? '')).toBeGreaterThan(BigInt(first ?? ''));
  expect((await receive()).map(({ attributes }) => attributes)).toMatchObject([
    { SequenceNumber: first, MessageGroupId: 'a', MessageDeduplicationId: 'unique-1' },
    { SequenceNumber: second, MessageGroupId: 'b', MessageDeduplicationId: 'unique-2' },
  ]);
});

const same = { deduplicationId: 'same' };

test('a FIFO queue answers a repetition like the first message, and does not enqueue it', async () => {
  expect(send('a1', same)).toEqual(send('a2', same));
  expect(bodies(await receive())).toEqual(['a1']);
});

test('the deduplication of a FIFO queue ends five minutes after the first send, whatever was sent since', async () => {
  send('a1', same);
  await time.advance(299_999);
  send('a2', same);
  await time.advance(1);
  send('a3', same);
  expect(bodies(await receive())).toEqual(['a1', 'a3']);
  send('a4', same);
  expect(queue.count()).toEqual({ visible: 0, delayed: 0, inFlight: 2 });
});

test('the deduplication of a FIFO queue remembers messages that are deleted', async () => {
  send('a1', same);
  deleteAll(await receive());
  send('a2', same);
  expect(await receive()).toEqual([]);
});

test.each([
  ['messageGroup', ['a1', 'b1']],
  ['queue', ['a1']],
] as const)('the deduplication of a FIFO queue has the scope %s', async (deduplicationScope, expected) => {
  start({ fifo: { deduplicationScope, throughputLimit: 'perQueue' } });
  send('a1', same);
  send('b1', same);
  expect(bodies(await receive())).toEqual(expected);
});

test('a FIFO queue delivers a group in the order of sending, and nothing more of a group in flight', async () => {
  sendAll('a1', 'a2', 'a3');
  const first = await receive(1);
  expect(bodies(first)).toEqual(['a1']);
  expect(await receive()).toEqual([]);
  deleteAll(first);
  expect(bodies(await receive())).toEqual(['a2', 'a3']);
});

test('a FIFO queue fills a batch with as many messages of one group as possible, then of the next group that is free', async () => {
  sendAll('a1', 'b1', 'a2', 'c1', 'b2');
  expect(bodies(await receive(3))).toEqual(['a1', 'a2', 'b1']);
  send('a3');
  expect(bodies(await receive())).toEqual(['c1']);
});

test('a FIFO queue lets the group go first that has waited longest', async () => {
  sendAll('a1', 'a2', 'b1', 'c1');
  deleteAll(await receive(1));
  expect(bodies(await receive(1))).toEqual(['b1']);
  expect(bodies(await receive(2))).toEqual(['c1', 'a2']);
});

test('a FIFO queue brings back messages that were not deleted before the later messages of their group', async () => {
  sendAll('a1', 'a2', 'a3');
  const [, second] = await receive(2);
  deleteAll(second ? [second] : []);
  await time.advance(29_999);
  expect(await receive()).toEqual([]);
  await time.advance(1);
  expect(bodies(await receive())).toEqual(['a1', 'a3']);
});

test('a FIFO queue holds back a message that is visible again while another of its group is in flight', async () => {
  sendAll('a1', 'a2', 'a3');
  const [first, second] = (await receive(2)) as [ReceivedMessage, ReceivedMessage];
  queue.changeVisibility(second.receiptHandle, 0);
  expect(await receive()).toEqual([]);
  queue.changeVisibility(first.receiptHandle, 5);
  await time.advance(5_000);
  expect(bodies(await receive())).toEqual(['a1', 'a2', 'a3']);
});

test('a FIFO queue holds back a message that is visible again while a later one of its group is in flight', async () => {
  sendAll('a1', 'a2');
  const [first] = (await receive()) as [ReceivedMessage];
  queue.changeVisibility(first.receiptHandle, 0);
  expect(await receive()).toEqual([]);
  await time.advance(30_000);
  expect(bodies(await receive())).toEqual(['a1', 'a2']);
});

test('a FIFO queue keeps the order of messages that come back even if a receive takes only some of them', async () => {
  sendAll('a1', 'a2', 'a3', 'a4');
  for (const most of [3, 1]) {
    await receive(most);
    await time.advance(30_000);
  }
  expect(bodies(await receive())).toEqual(['a1', 'a2', 'a3', 'a4']);
});

test('a FIFO queue goes on with a group once the messages in flight are deleted or visible again', async () => {
  sendAll('a1', 'a2', 'a3');
  const [first, second] = (await receive(2)) as [ReceivedMessage, ReceivedMessage];
  queue.changeVisibility(first.receiptHandle, 0);
  queue.delete(second.receiptHandle);
  expect(bodies(await receive())).toEqual(['a1', 'a3']);
});

test('a FIFO queue does not give a message twice to a receive with a visibility timeout of zero', async () => {
  sendAll('a1', 'a2');
  const twice = [1, 2].map(() => queue.receive({ most: 10, waitSeconds: 0, visibilityTimeoutSeconds: 0 }));
  expect((await Promise.all(twice)).map(bodies)).toEqual([
    ['a1', 'a2'],
    ['a1', 'a2'],
  ]);
});

test('a FIFO queue does not delete a message that is visible again, and returns an error', async () => {
  send('a1');
  const [late] = (await receive()) as [ReceivedMessage];
  await time.advance(30_000);
  expect(() => queue.delete(late.receiptHandle)).toThrow('The receipt handle has expired');
  const again = await receive();
  expect(() => queue.delete(late.receiptHandle)).toThrow('The receipt handle has expired');
  expect(bodies(again)).toEqual(['a1']);
  deleteAll([...again, ...again]);
  expect(queue.count()).toEqual({ visible: 0, delayed: 0, inFlight: 0 });
});

test('a FIFO queue changes the visibility of no message that is not in flight', async () => {
  send('a1');
  const [{ receiptHandle }] = (await receive()) as [ReceivedMessage];
  queue.changeVisibility(receiptHandle, 0);
  expect(() => queue.changeVisibility(receiptHandle, 5)).toThrow('not in flight');
});

test('a FIFO queue gives a message to its dead-letter queue once it was received too often, and goes on behind it', async () => {
  sendAll('a1', 'a2');
  for (let count = 0; count < 3; count += 1) {
    expect(bodies(await receive(1))).toEqual(['a1']);
    await time.advance(30_000);
  }
  expect(bodies(await receive())).toEqual(['a2']);
  expect(deadLetters).toMatchObject([{ messageId: 'message-1', groupId: 'a', deduplicationId: 'unique-1' }]);
});

test('a FIFO queue takes a message that is moved to it at once, as the same message with a new number, and never for a repetition', async () => {
  start({ delaySeconds: 5, fifo: { deduplicationScope: 'queue', throughputLimit: 'perQueue' } });
  const movedFrom = { messageId: 'moved', sentAt: 7, queueArn: 'arn' };
  const { sequenceNumber } = send('b1', { deduplicationId: 'same' });
  send('a1', { deduplicationId: 'same', movedFrom });
  const [message] = await receive();
  expect(message).toMatchObject({
    messageId: 'moved',
    attributes: { MessageGroupId: 'a', SentTimestamp: '7' },
  });
  expect(message?.attributes['SequenceNumber']).not.toBe(sequenceNumber);
});

test('a FIFO queue answers a long poll as soon as there is a message, and a whole batch at once', async () => {
  const waiting = queue.receive({ most: 10, waitSeconds: 20 });
  sendAll('a1', 'a2', 'b1');
  expect(bodies(await waiting)).toEqual(['a1', 'a2', 'b1']);
});

test.each<[string, (message: ReceivedMessage) => void | Promise<void>, string[]]>([
  ['is deleted', ({ receiptHandle }) => queue.delete(receiptHandle), ['a2']],
  ['is given back', ({ receiptHandle }) => queue.changeVisibility(receiptHandle, 0), ['a1', 'a2']],
  ['has had its time', () => time.advance(30_000), ['a1', 'a2']],
])('a FIFO queue answers a long poll when the message before %s', async (_name, act, expected) => {
  sendAll('a1', 'a2');
  const [first] = (await receive(1)) as [ReceivedMessage];
  const waiting = queue.receive({ most: 10, waitSeconds: 60 });
  await act(first);
  expect(bodies(await waiting)).toEqual(expected);
});

test('a FIFO queue purges messages that are visible, delayed and in flight', async () => {
  sendAll('a1', 'b1');
  await receive(1);
  queue.purge();
  await time.advance(60_000);
  expect(await receive()).toEqual([]);
  send('a2');
  expect(bodies(await receive())).toEqual(['a2']);
});

test('a FIFO queue ends every wait and every timer when it is closed', async () => {
  send('a1');
  await receive();
  const waiting = queue.receive({ most: 1, waitSeconds: Number.POSITIVE_INFINITY });
  queue.close();
  expect(await waiting).toEqual([]);
  expect(time.pending).toBe(0);
});
