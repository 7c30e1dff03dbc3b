import { createHash } from 'node:crypto';
import { ACCOUNT_ID, arnsOf } from '../arn.ts';
import type { AwsJsonService } from '../aws-json-service.ts';
import type { Queue } from '../description.ts';
import { sqsPermissions } from '../iam/required-permissions.ts';
import {
  attributesSize,
  type MessageAttributes,
  md5OfAttributes,
  readMessageAttributes,
} from './message-attributes.ts';
import {
  DEFAULT_RETENTION_SECONDS,
  type MessageQueue,
  type MessageToSend,
  type ReceivedMessage,
  type ServedQueue,
} from './message-queue.ts';
import {
  batchEntries,
  batchError,
  eachEntry,
  type Input,
  invalidParameter,
  optionalInteger,
  optionalText,
  queueDoesNotExist,
  requestThrottled,
  requiredInteger,
  requiredText,
  sqsError,
  textList,
} from './sqs-request.ts';

/**
 * The limit for one message with its attributes, and for the sum of a batch: 1 MiB since August 2025.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 */
const LARGEST_MESSAGE_BYTES = 1_048_576;

/** `DelaySeconds`: at most 15 minutes. */
const DELAY_RANGE: [number, number] = [0, 900];

/**
 * Checks one message of SendMessage or SendMessageBatch. `headerOfCall` is X-Ray's header of the request; the one in the
 * message overrides it. https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html
 */
function readMessage(input: Input, headerOfCall?: string): MessageToSend {
  const body = requiredText(input, 'MessageBody');
  const attributes = readMessageAttributes(input['MessageAttributes']);
  const delaySeconds = optionalInteger(input, 'DelaySeconds', DELAY_RANGE);
  const { AWSTraceHeader } = readMessageAttributes(input['MessageSystemAttributes']);
  const traceHeader = AWSTraceHeader?.StringValue ?? headerOfCall;
  const groupId = optionalFifoId(input, 'MessageGroupId');
  const deduplicationId = optionalFifoId(input, 'MessageDeduplicationId');
  const message: MessageToSend = {
    body,
    attributes,
    ...(groupId !== undefined && { groupId }),
    ...(deduplicationId !== undefined && { deduplicationId }),
    ...(delaySeconds !== undefined && { delaySeconds }),
    ...(traceHeader !== undefined && { traceHeader }),
  };
  if (messageSize(message) > LARGEST_MESSAGE_BYTES) {
    const reason = `Message must be shorter than ${LARGEST_MESSAGE_BYTES} bytes.`;
    throw invalidParameter(`One or more parameters are invalid. Reason: ${reason}`);
  }
  if (![...body].every(isAllowed)) {
    throw sqsError('InvalidMessageContents', 'The message contains characters outside the allowed set.');
  }
  return message;
}

function optionalFifoId(input: Input, name: string): string | undefined {
  const id = optionalText(input, name);
  if (id === undefined || /^[!-~]{1,128}$/.test(id)) return id;
  const reason = `${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`;
  throw invalidParameter(`Value ${id} for parameter ${name} is invalid. Reason: ${reason}`);
}

function messageSize({ body, attributes = {} }: MessageToSend): number {
  return Buffer.byteLength(body) + attributesSize(attributes);
}

/** Sends a message and returns the answer of SendMessage. The messages of a batch share one `call`. */
function sendMessage(queue: MessageQueue, message: MessageToSend, call?: object) {
  const { messageId, sequenceNumber } = queue.send(message, call);
  const md5OfMessageAttributes = md5OfAttributes(message.attributes ?? {});
  return {
    MessageId: messageId,
    ...(sequenceNumber !== undefined && { SequenceNumber: sequenceNumber }),
    MD5OfMessageBody: createHash('md5').update(message.body).digest('hex'),
    ...(md5OfMessageAttributes !== undefined && { MD5OfMessageAttributes: md5OfMessageAttributes }),
  };
}

/** SQS accepts only the characters of XML 1.0. */
function isAllowed(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return code === 0x9 || code === 0xa || code === 0xd;
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || code >= 0x10000;
}

/** `VisibilityTimeout`: at most 12 hours. */
const VISIBILITY_RANGE: [number, number] = [0, 43_200];

/** ReceiveMessage, waiting up to `WaitTimeSeconds` for a first message. */
async function receiveMessage(queue: MessageQueue, input: Input) {
  const visibilityTimeoutSeconds = optionalInteger(input, 'VisibilityTimeout', VISIBILITY_RANGE);
  const messages = await queue.receive({
    most: optionalInteger(input, 'MaxNumberOfMessages', [1, 10]) ?? 1,
    waitSeconds: optionalInteger(input, 'WaitTimeSeconds', [0, 20]) ?? 0,
    ...(visibilityTimeoutSeconds !== undefined && { visibilityTimeoutSeconds }),
  });
  // Without a message AWS omits the list.
  return messages.length === 0 ? {} : { Messages: messages.map((message) => answered(message, input)) };
}

function answered(message: ReceivedMessage, input: Input) {
  // `AttributeNames` is the older name of the same list.
  const systemNames = [
    ...textList(input, 'MessageSystemAttributeNames'),
    ...textList(input, 'AttributeNames'),
  ];
  const attributes = pick(
    message.attributes,
    (name) => systemNames.includes('All') || systemNames.includes(name),
  );
  const wanted = textList(input, 'MessageAttributeNames');
  const messageAttributes: MessageAttributes = pick(message.messageAttributes, (name) =>
    isWanted(name, wanted),
  );
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receiptHandle,
    Body: message.body,
    MD5OfBody: createHash('md5').update(message.body).digest('hex'),
    ...(Object.keys(attributes).length > 0 && { Attributes: attributes }),
    ...(Object.keys(messageAttributes).length > 0 && {
      MessageAttributes: messageAttributes,
      // Computed over the returned attributes, so that the receiver can check it.
      MD5OfMessageAttributes: md5OfAttributes(messageAttributes),
    }),
  };
}

function isWanted(name: string, wanted: string[]): boolean {
  return wanted.some(
    (want) => want === 'All' || want === name || (want.endsWith('.*') && name.startsWith(want.slice(0, -2))),
  );
}

function pick<Value>(
  from: Record<string, Value>,
  isPicked: (name: string) => boolean,
): Record<string, Value> {
  return Object.fromEntries(Object.entries(from).filter(([name]) => isPicked(name)));
}

/** The requested attributes, as GetQueueAttributes returns them. */
function queueAttributes(
  { queue, settings, arn }: ServedQueue,
  queues: ReadonlyMap<string, ServedQueue>,
  input: Input,
): Record<string, string> {
  const { visible, delayed, inFlight } = queue.count();
  const { redrive, fifo } = settings;
  const all = {
    QueueArn: arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    DelaySeconds: String(settings.delaySeconds),
    VisibilityTimeout: String(settings.visibilityTimeoutSeconds),
    MessageRetentionPeriod: String(settings.retentionSeconds ?? DEFAULT_RETENTION_SECONDS),
    MaximumMessageSize: String(LARGEST_MESSAGE_BYTES),
    ...(redrive && {
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: queues.get(redrive.deadLetterQueue)?.arn,
        maxReceiveCount: redrive.maxReceiveCount,
      }),
    }),
    ...(fifo && fifoAttributes(fifo)),
  };
  const names = textList(input, 'AttributeNames');
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => names.includes('All') || names.includes(name)),
  );
}

function fifoAttributes({ deduplicationScope, throughputLimit }: NonNullable<Queue['fifo']>) {
  return {
    FifoQueue: 'true',
    ContentBasedDeduplication: 'false',
    DeduplicationScope: deduplicationScope,
    FifoThroughputLimit: throughputLimit,
  };
}

/** The SQS API in front of the queues. It does not know their order or their consumers. */
export function sqsApi(queues: ReadonlyMap<string, ServedQueue>, region: string): AwsJsonService {
  const arns = arnsOf(region);
  function named(name: string): ServedQueue {
    const served = queues.get(name);
    if (served === undefined) throw queueDoesNotExist();
    return served;
  }
  // Finds a queue by account and name. The host may be localhost, 127.0.0.1 or a name in the developer's network.
  function addressed(input: Input): ServedQueue {
    const [account, name = ''] = requiredText(input, 'QueueUrl').split('/').slice(-2);
    if (account !== ACCOUNT_ID) throw queueDoesNotExist();
    return named(name);
  }

  return {
    target: 'AmazonSQS',
    contentType: 'application/x-amz-json-1.0',
    needs: (operation, input) => sqsPermissions(operation, input, arns),
    operations: {
      GetQueueUrl: (input) => ({ QueueUrl: named(requiredText(input, 'QueueName')).url }),
      ListQueues(input) {
        const prefix = optionalText(input, 'QueueNamePrefix') ?? '';
        const urls = [...queues].filter(([name]) => name.startsWith(prefix)).map(([, { url }]) => url);
        return urls.length === 0 ? {} : { QueueUrls: urls };
      },
      GetQueueAttributes: (input) => ({ Attributes: queueAttributes(addressed(input), queues, input) }),
      SendMessage: (input, traceHeader) =>
        sendMessage(addressed(input).queue, readMessage(input, traceHeader)),
      SendMessageBatch: (input, traceHeader) => sendMessageBatch(addressed(input).queue, input, traceHeader),
      ReceiveMessage: (input) => receiveMessage(addressed(input).queue, input),
      DeleteMessage: (input) => deleteMessage(addressed(input).queue, input),
      DeleteMessageBatch(input) {
        const { queue } = addressed(input);
        return eachEntry(batchEntries(input), (entry) => deleteMessage(queue, entry));
      },
      ChangeMessageVisibility: (input) => changeMessageVisibility(addressed(input).queue, input),
      PurgeQueue(input) {
        addressed(input).queue.purge();
        return {};
      },
    },
  };
}

function sendMessageBatch(queue: MessageQueue, input: Input, traceHeader?: string) {
  const entries = batchEntries(input);
  const sizes = entries.map((entry) => messageSize({ body: optionalText(entry, 'MessageBody') ?? '' }));
  const size = sizes.reduce((sum, each) => sum + each, 0);
  if (size > LARGEST_MESSAGE_BYTES) {
    const limit = `Batch requests cannot be longer than ${LARGEST_MESSAGE_BYTES} bytes.`;
    throw batchError('BatchRequestTooLong', `${limit} You have sent ${size} bytes.`);
  }
  const call = {};
  const answer = eachEntry(entries, (entry) => sendMessage(queue, readMessage(entry, traceHeader), call));
  // SDKs retry a failed call, but not a failed entry. A batch whose entries are all throttled fails as a whole.
  const failed = answer.Failed ?? [];
  if (failed.length === entries.length && failed.every(({ Code }) => Code === 'RequestThrottled')) {
    throw requestThrottled();
  }
  return answer;
}

function deleteMessage(queue: MessageQueue, input: Input): object {
  queue.delete(requiredText(input, 'ReceiptHandle'));
  return {};
}

function changeMessageVisibility(queue: MessageQueue, input: Input): object {
  const seconds = requiredInteger(input, 'VisibilityTimeout', VISIBILITY_RANGE);
  queue.changeVisibility(requiredText(input, 'ReceiptHandle'), seconds);
  return {};
}
