import { beforeEach, expect, test } from 'vitest';
import { type FifoQueueSettings, fifoQueue } from '../../../lib/local/sqs/fifo-queue.ts';
import type { MessageQueue, MessageToSend } from '../../../lib/local/sqs/message-queue.ts';
import { type ManualTime, manualTime } from '../../support/manual-time.ts';

let time: ManualTime;
let queue: MessageQueue;
let sent: number;

function start(settings: Partial<FifoQueueSettings> = {}) {
  queue = fifoQueue({
    fifo: { deduplicationScope: 'messageGroup', throughputLimit: 'perMessageGroupId' },
    delaySeconds: 0,
    visibilityTimeoutSeconds: 30,
    time,
    newId: () => `message-${sent}`,
    ...settings,
  });
}

beforeEach(() => {
  time = manualTime(1_000_000);
  sent = 0;
  start();
});

/** The first letter of the body is the group. */
const send = (body: string, more: Partial<MessageToSend> = {}) =>
  queue.send({ body, groupId: body.charAt(0), deduplicationId: `unique-${++sent}`, ...more });

const sendMany = (count: number, group: string) => {
  for (let sends = 0; sends < count; sends += 1) send(group);
};

test('a FIFO queue takes 300 sends a second of each group', async () => {
  sendMany(300, 'a');
  expect(() => send('a')).toThrow('Rate exceeded');
  expect(() => send('b')).not.toThrow();
  await time.advance(1_000);
  expect(() => send('a')).not.toThrow();
});

test('a FIFO queue takes 300 sends a second of the whole queue', () => {
  start({ fifo: { deduplicationScope: 'queue', throughputLimit: 'perQueue' } });
  sendMany(150, 'a');
  sendMany(150, 'b');
  expect(() => send('c')).toThrow('Rate exceeded');
});

test('a FIFO queue counts the messages of one call once for each of its groups, and no message that is moved', () => {
  const call = {};
  for (const body of ['a1', 'b1', 'a2', 'b2']) {
    queue.send({ body, groupId: body.charAt(0), deduplicationId: body }, call);
  }
  send('a3', { movedFrom: { messageId: 'moved', sentAt: 0, queueArn: 'arn' } });
  sendMany(299, 'a');
  expect(() => send('a')).toThrow('Rate exceeded');
  expect(() => sendMany(299, 'b')).not.toThrow();
});
