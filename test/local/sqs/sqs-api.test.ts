import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SendMessageCommandInput,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test } from 'vitest';
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
  QueueUrl = sqs.queueUrl('jobs');
});
afterEach(() => server.close());

const send = (input: Partial<SendMessageCommandInput>) =>
  client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello', ...input }));
const receive = async (input: Partial<ReceiveMessageCommandInput> = {}) =>
  (await client.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, ...input }))).Messages;

test('the SQS API finds a queue by its name and lists queues by a prefix', async () => {
  expect(QueueUrl).toBe(`${server.url}/000000000000/jobs`);
  expect(await client.send(new GetQueueUrlCommand({ QueueName: 'jobs' }))).toMatchObject({ QueueUrl });
  const { QueueUrls } = await client.send(new ListQueuesCommand({ QueueNamePrefix: 'jobs' }));
  expect(QueueUrls).toEqual([QueueUrl, `${QueueUrl}-dead`]);
});

test('the SQS API answers an unknown queue with the new and the old name of the error', async () => {
  const error = await client.send(new GetQueueUrlCommand({ QueueName: 'none' })).catch((thrown) => thrown);
  expect(error).toMatchObject({
    name: 'QueueDoesNotExist',
    Code: 'AWS.SimpleQueueService.NonExistentQueue',
  });
});

test('the SQS API sends, receives and deletes a message, with checksums that the SDK verifies', async () => {
  const sent = await send({ MessageBody: 'grüezi' });
  expect(sent).toMatchObject({ MD5OfMessageBody: '690a55f27503a8b96004f1cc8b716530' });
  const [message] = (await receive()) ?? [];
  expect(message).toMatchObject({
    Body: 'grüezi',
    MessageId: sent.MessageId,
    MD5OfBody: sent.MD5OfMessageBody,
  });
  await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
  await time.advance(30_000);
  expect(await receive()).toBeUndefined();
});

test('the SQS API answers the system attributes that were asked for', async () => {
  await send({});
  const [message] = (await receive({ MessageSystemAttributeNames: ['ApproximateReceiveCount'] })) ?? [];
  expect(message?.Attributes).toEqual({ ApproximateReceiveCount: '1' });
  await send({});
  const [other] = (await receive({ MessageSystemAttributeNames: ['All'] })) ?? [];
  expect(other?.Attributes).toMatchObject({
    SentTimestamp: String(time.now()),
    SenderId: expect.any(String),
  });
});

// https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html
test('the SQS API keeps the trace header of the call with its messages, but a message’s own goes before it', async () => {
  const headers = { 'x-amz-target': 'AmazonSQS.SendMessageBatch', 'x-amzn-trace-id': 'Root=1-call' };
  const own = { AWSTraceHeader: { DataType: 'String', StringValue: 'Root=1-own' } };
  const Entries = [
    { Id: 'a', MessageBody: 'a' },
    { Id: 'b', MessageBody: 'b', MessageSystemAttributes: own },
  ];
  await fetch(server.url, { method: 'POST', headers, body: JSON.stringify({ QueueUrl, Entries }) });
  await send({ MessageBody: 'c' });
  const messages = (await receive({ MessageSystemAttributeNames: ['AWSTraceHeader'] })) ?? [];
  expect(messages.map(({ Body, Attributes }) => [Body, Attributes?.['AWSTraceHeader']])).toEqual([
    ['a', 'Root=1-call'],
    ['b', 'Root=1-own'],
    ['c', undefined],
  ]);
});

test('the SQS API answers the message attributes that were asked for, with their checksum', async () => {
  const MessageAttributes = {
    kind: { DataType: 'String', StringValue: 'greeting' },
    'trace.id': { DataType: 'Number', StringValue: '7' },
    'trace.raw': { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2, 3]) },
  };
  const { MD5OfMessageAttributes } = await send({ MessageAttributes });
  await send({ MessageAttributes });
  const [all] = (await receive({ MaxNumberOfMessages: 1, MessageAttributeNames: ['All'] })) ?? [];
  expect(all).toMatchObject({ MessageAttributes, MD5OfMessageAttributes });
  const [some] = (await receive({ MessageAttributeNames: ['trace.*'] })) ?? [];
  expect(Object.keys(some?.MessageAttributes ?? {})).toEqual(['trace.id', 'trace.raw']);
});

test('the SQS API computes the checksum of attributes as AWS does', async () => {
  const timestamp = { DataType: 'Number', StringValue: '1493147359900' };
  // Recorded from AWS by moto's tests.
  expect(await send({ MessageAttributes: { timestamp } })).toMatchObject({
    MD5OfMessageAttributes: '235c5c510d26fb653d073faed50ae77c',
  });
});

test.each([
  ['DelaySeconds above 15 minutes', { DelaySeconds: 901 }, 'InvalidParameterValue'],
  ['a negative DelaySeconds', { DelaySeconds: -1 }, 'InvalidParameterValue'],
  ['an empty body', { MessageBody: '' }, 'MissingParameter'],
  ['a control character', { MessageBody: 'a\u0001' }, 'InvalidMessageContents'],
  ['a deduplication id', { MessageDeduplicationId: 'one' }, 'InvalidParameterValue'],
  ['a group with a space', { MessageGroupId: 'room 1' }, 'InvalidParameterValue'],
  ['a group of more than 128', { MessageGroupId: 'x'.repeat(129) }, 'InvalidParameterValue'],
  ['more than 1 MiB', { MessageBody: `${'é'.repeat(524_288)}x` }, 'InvalidParameterValue'],
  [
    'a type that does not exist',
    { MessageAttributes: { a: { DataType: 'Text', StringValue: 'b' } } },
    'InvalidParameterValue',
  ],
])('the SQS API refuses to send %s', async (_name, input, code) => {
  const error = await send(input).catch((thrown) => thrown);
  expect(error).toMatchObject({ Code: code, $metadata: { httpStatusCode: 400 } });
  expect(await receive()).toBeUndefined();
});

test('the SQS API sends exactly 1 MiB', async () => {
  await send({ MessageBody: 'x'.repeat(1_048_576) });
  expect((await receive())?.[0]?.Body).toHaveLength(1_048_576);
});

test('the SQS API delays a message by DelaySeconds, or by the setting of the queue', async () => {
  await send({ DelaySeconds: 900 });
  await send({ QueueUrl: sqs.queueUrl('slow') });
  await time.advance(60_000);
  expect(await receive({ QueueUrl: sqs.queueUrl('slow') })).toHaveLength(1);
  expect(await receive()).toBeUndefined();
  await time.advance(840_000);
  expect(await receive()).toHaveLength(1);
});

test('the SQS API answers each entry of a batch, of which one may fail', async () => {
  const Entries = [
    { Id: 'one', MessageBody: '1' },
    { Id: 'two', MessageBody: '2', DelaySeconds: 1000 },
  ];
  const answer = await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  expect(answer.Successful).toMatchObject([{ Id: 'one', MessageId: expect.any(String) }]);
  expect(answer.Failed).toMatchObject([{ Id: 'two', Code: 'InvalidParameterValue', SenderFault: true }]);
  const [message] = (await receive()) ?? [];
  const deleted = await client.send(
    new DeleteMessageBatchCommand({
      QueueUrl,
      Entries: [
        { Id: 'good', ReceiptHandle: message?.ReceiptHandle },
        { Id: 'bad', ReceiptHandle: 'made up' },
      ],
    }),
  );
  expect(deleted.Successful).toEqual([{ Id: 'good' }]);
  expect(deleted.Failed).toMatchObject([{ Id: 'bad', Code: 'ReceiptHandleIsInvalid' }]);
});

test.each([
  ['EmptyBatchRequest', []],
  ['TooManyEntriesInBatchRequest', Array.from({ length: 11 }, (_, n) => ({ Id: `${n}`, MessageBody: 'x' }))],
  [
    'BatchEntryIdsNotDistinct',
    [
      { Id: 'a', MessageBody: 'x' },
      { Id: 'a', MessageBody: 'y' },
    ],
  ],
  ['InvalidBatchEntryId', [{ Id: 'a b', MessageBody: 'x' }]],
  ['BatchRequestTooLong', ['a', 'b'].map((Id) => ({ Id, MessageBody: 'x'.repeat(600_000) }))],
])('the SQS API refuses a whole batch: %s', async (name, Entries) => {
  const sending = client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  await expect(sending).rejects.toMatchObject({ name, Code: `AWS.SimpleQueueService.${name}` });
  expect(await receive()).toBeUndefined();
});

test('the SQS API changes the visibility timeout of a message in flight', async () => {
  await send({});
  const [message] = (await receive()) ?? [];
  const input = { QueueUrl, ReceiptHandle: message?.ReceiptHandle };
  await client.send(new ChangeMessageVisibilityCommand({ ...input, VisibilityTimeout: 5 }));
  await time.advance(5_000);
  await expect(
    client.send(new ChangeMessageVisibilityCommand({ ...input, VisibilityTimeout: 5 })),
  ).rejects.toMatchObject({ name: 'MessageNotInflight' });
});

test('the SQS API counts its messages', async () => {
  await send({});
  await receive();
  await send({ DelaySeconds: 5 });
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
  );
  expect(Attributes).toMatchObject({
    QueueArn: 'arn:aws:sqs:eu-west-1:000000000000:jobs',
    ApproximateNumberOfMessages: '0',
    ApproximateNumberOfMessagesNotVisible: '1',
    ApproximateNumberOfMessagesDelayed: '1',
    RedrivePolicy: expect.stringContaining('jobs-dead'),
  });
});

test('the SQS API moves a message to the dead-letter queue as the same message', async () => {
  const { MessageId } = await send({ MessageBody: 'poison' });
  const sentAt = String(time.now());
  await receive();
  await time.advance(30_000);
  expect(await receive()).toBeUndefined();
  const dead = { QueueUrl: sqs.queueUrl('jobs-dead'), MessageSystemAttributeNames: ['All'] as ['All'] };
  expect(await receive(dead)).toMatchObject([
    {
      MessageId,
      Body: 'poison',
      Attributes: {
        SentTimestamp: sentAt,
        DeadLetterQueueSourceArn: 'arn:aws:sqs:eu-west-1:000000000000:jobs',
      },
    },
  ]);
});

test('the SQS API purges a queue', async () => {
  await send({});
  await client.send(new PurgeQueueCommand({ QueueUrl }));
  expect(await receive()).toBeUndefined();
});

test('the SQS API answers a long poll when a message arrives', async () => {
  const polling = receive({ WaitTimeSeconds: 20 });
  await send({});
  expect(await polling).toHaveLength(1);
});

test('the SQS API accepts the message group of a fair queue, in which no group waits for another', async () => {
  await send({ MessageGroupId: 'tenant' });
  await receive();
  await send({ MessageGroupId: 'tenant' });
  expect(await receive()).toHaveLength(1);
});
