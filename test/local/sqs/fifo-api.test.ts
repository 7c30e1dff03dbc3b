import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  RequestThrottled,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SendMessageCommandInput,
  SQSClient,
  type SQSClientConfig,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Sqs } from '../../../lib/local/sqs/create-sqs.ts';
import type { ManualTime } from '../../support/manual-time.ts';
import { type SqsServer, startSqsServer } from './sqs-server.ts';

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Welcome.html
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
let server: SqsServer;
let client: SQSClient;
let sqs: Sqs;
let time: ManualTime;
let QueueUrl: string;

beforeEach(async () => {
  server = await startSqsServer();
  ({ client, sqs, time } = server);
  QueueUrl = sqs.queueUrl('rooms.fifo');
});
afterEach(() => server.close());

const send = (input: Partial<SendMessageCommandInput>) =>
  client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello', ...input }));
const receive = async (input: Partial<ReceiveMessageCommandInput> = {}) =>
  (await client.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, ...input }))).Messages;

const inRoom = (MessageDeduplicationId: string, MessageGroupId = 'room') => ({
  MessageGroupId,
  MessageDeduplicationId,
});
const all = { MessageSystemAttributeNames: ['All'] as ['All'] };

test.each([
  ['no group', { MessageDeduplicationId: 'one' }, 'MissingParameter'],
  ['no deduplication id', { MessageGroupId: 'room' }, 'InvalidParameterValue'],
  ['a delay', { ...inRoom('one'), DelaySeconds: 5 }, 'InvalidParameterValue'],
])('the SQS API of a FIFO queue refuses to send with %s', async (_name, input, Code) => {
  await expect(send(input)).rejects.toMatchObject({ Code, $metadata: { httpStatusCode: 400 } });
  expect(await receive()).toBeUndefined();
});

test('the SQS API of a FIFO queue numbers messages, and answers a repetition like the first', async () => {
  const first = await send(inRoom('one'));
  const { MessageId, SequenceNumber } = await send(inRoom('one'));
  expect({ MessageId, SequenceNumber }).toEqual({
    MessageId: first.MessageId,
    SequenceNumber: expect.stringMatching(/^\d{20}$/),
  });
  expect(await receive(all)).toMatchObject([{ MessageId, Attributes: { ...inRoom('one'), SequenceNumber } }]);
});

test('the SQS API of a FIFO queue keeps back a group of which a message is in flight', async () => {
  await send({ ...inRoom('one'), MessageBody: '1' });
  await send({ ...inRoom('two'), MessageBody: '2' });
  const [message] = (await receive({ MaxNumberOfMessages: 1 })) ?? [];
  expect(await receive()).toBeUndefined();
  await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
  expect(await receive()).toMatchObject([{ Body: '2' }]);
});

test('the SQS API of a FIFO queue answers each entry of a batch with its number, one that lacks its group with an error', async () => {
  const Entries = [
    { Id: 'one', MessageBody: '1', ...inRoom('one') },
    { Id: 'two', MessageBody: '2', MessageDeduplicationId: 'two' },
  ];
  const answer = await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  expect(answer.Successful).toMatchObject([{ Id: 'one', SequenceNumber: expect.any(String) }]);
  expect(answer.Failed).toMatchObject([{ Id: 'two', Code: 'MissingParameter' }]);
});

describe('whose quota is used up', () => {
  const entries = (...rooms: string[]) =>
    rooms.map((room, index) => ({ Id: `${index}`, MessageBody: 'x', ...inRoom(`batch-${index}`, room) }));
  beforeEach(() => {
    for (let count = 0; count < 300; count += 1) {
      sqs.send('rooms.fifo', { body: 'x', groupId: 'room', deduplicationId: `${count}` });
    }
  });

  test('a FIFO queue over its quota throttles a send in the way that makes SDKs try again', async () => {
    const kinds: string[] = [];
    const retryStrategy: SQSClientConfig['retryStrategy'] = {
      acquireInitialRetryToken: async () => ({ getRetryCount: () => 0, getRetryDelay: () => 0 }),
      async refreshRetryTokenForRetry(_token, { errorType }) {
        kinds.push(errorType);
        throw new Error('no retry in this test');
      },
      recordSuccess: () => undefined,
    };
    const patient = new SQSClient({ endpoint: server.url, retryStrategy });
    const sending = patient.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x', ...inRoom('more') }));
    await expect(sending).rejects.toBeInstanceOf(RequestThrottled);
    await expect(sending).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
    expect(kinds).toEqual(['THROTTLING']);
    patient.destroy();
    await time.advance(1_000);
    expect(await send(inRoom('more'))).toMatchObject({ SequenceNumber: expect.any(String) });
  });

  test('a FIFO queue over its quota throttles the entries of that group in a batch, or the whole batch if there is no other group', async () => {
    const sendBatch = (...rooms: string[]) =>
      client.send(new SendMessageBatchCommand({ QueueUrl, Entries: entries(...rooms) }));
    expect(await sendBatch('room', 'other')).toMatchObject({
      Successful: [{ Id: '1' }],
      Failed: [{ Id: '0', Code: 'RequestThrottled' }],
    });
    await expect(sendBatch('room', 'room')).rejects.toBeInstanceOf(RequestThrottled);
  });
});

test('the SQS API of a FIFO queue counts a batch as one send', async () => {
  const Entries = ['a', 'b', 'c'].map((Id) => ({ Id, MessageBody: 'x', ...inRoom(Id) }));
  await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  const sendOne = (id: number) =>
    sqs.send('rooms.fifo', { body: 'x', groupId: 'room', deduplicationId: `${id}` });
  for (let count = 0; count < 299; count += 1) sendOne(count);
  expect(() => sendOne(299)).toThrow('Rate exceeded');
});

test('the SQS API of a FIFO queue refuses to delete with a receipt that has expired', async () => {
  await send(inRoom('one'));
  const [message] = (await receive()) ?? [];
  await time.advance(30_000);
  const deleting = client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
  await expect(deleting).rejects.toMatchObject({ Code: 'InvalidParameterValue' });
});

test('the SQS API of a FIFO queue moves a message with its group to the dead-letter queue, in which it is no repetition', async () => {
  const dead = { QueueUrl: sqs.queueUrl('dead.fifo'), ...all };
  await send({ ...inRoom('one'), QueueUrl: dead.QueueUrl, MessageBody: 'sent there' });
  const { MessageId } = await send({ ...inRoom('one'), MessageBody: 'poison' });
  await receive();
  await time.advance(30_000);
  expect(await receive()).toBeUndefined();
  const [sentThere, moved] = (await receive(dead)) ?? [];
  expect(moved).toMatchObject({ MessageId, Body: 'poison', Attributes: inRoom('one') });
  const numbers = [sentThere, moved].map((message) => BigInt(message?.Attributes?.SequenceNumber ?? 0));
  expect(numbers[1]).toBeGreaterThan(numbers[0] ?? 0n);
});

test('the SQS API of a FIFO queue answers its attributes, and none of them for a standard queue', async () => {
  const attributesOf = async (url: string) =>
    (await client.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }))).Attributes;
  expect(await attributesOf(QueueUrl)).toMatchObject({
    FifoQueue: 'true',
    ContentBasedDeduplication: 'false',
    DeduplicationScope: 'messageGroup',
    FifoThroughputLimit: 'perMessageGroupId',
  });
  expect(await attributesOf(sqs.queueUrl('jobs'))).not.toHaveProperty('FifoQueue');
});
