import { ChangeMessageVisibilityCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, it } from 'vitest';
import { queues } from '../../../lib/config/queues.ts';
import { retryDelay, retrySoon } from '../../../lib/queue/queues.ts';

const client = new SQSClient();
const sqs = mockClient(client);
beforeEach(() => sqs.reset());
const retry = retrySoon(client, 'http://queue.test/room-events.fifo');

it.each([
  [1, 1],
  [2, 2],
  [3, 4],
  [5, 16],
  [6, 30],
  [1_000, 30],
])('a message that failed for the %d. time is redelivered after %d seconds', (receiveCount, seconds) => {
  expect(retryDelay(receiveCount)).toBe(seconds);
});

it('a message that failed has its own visibility changed, and nothing else', async () => {
  sqs.on(ChangeMessageVisibilityCommand).resolves({});
  await retry({ receiptHandle: 'handle', receiveCount: 3 });
  expect(sqs.calls().map(({ args: [{ input }] }) => input)).toEqual([
    { QueueUrl: 'http://queue.test/room-events.fifo', ReceiptHandle: 'handle', VisibilityTimeout: 4 },
  ]);
});

it('a message that failed is redelivered sooner than after its visibility timeout, however often it has failed', () => {
  const { visibilityTimeoutSeconds, redrive } = queues['room-events.fifo'];
  expect(retryDelay(redrive.maxReceiveCount)).toBeLessThan(visibilityTimeoutSeconds);
});

it('a failed message whose visibility SQS does not change fails', async () => {
  sqs.on(ChangeMessageVisibilityCommand).rejects(new Error('the receipt has expired'));
  await expect(retry({ receiptHandle: 'handle', receiveCount: 1 })).rejects.toThrow('expired');
});
