import type { AwsJsonService } from '../aws-json-service.ts';
import type { Queue } from '../description.ts';
import { batchEntries, eachEntry } from './batch.ts';
import { type Input, optionalText, requiredInteger, requiredText, textList } from './input.ts';
import type { MessageQueue } from './message-queue.ts';
import { receiveMessage, VISIBILITY_RANGE } from './receive-message.ts';
import { LARGEST_MESSAGE_BYTES, messageSize, readMessage, sendMessage } from './send-message.ts';
import { batchError, queueDoesNotExist } from './sqs-error.ts';

/** One queue of the API. */
export interface ServedQueue {
  queue: MessageQueue;
  settings: Queue;
  url: string;
  arn: string;
}

/** The SQS API in front of queues; it knows nothing of their order or of who consumes them. */
export function sqsApi(queues: ReadonlyMap<string, ServedQueue>): AwsJsonService {
  function named(name: string): ServedQueue {
    const served = queues.get(name);
    if (served === undefined) throw queueDoesNotExist();
    return served;
  }
  // By the last segment alone: the host may be localhost, 127.0.0.1 or a name of the developer's network.
  const addressed = (input: Input) => named(requiredText(input, 'QueueUrl').split('/').at(-1) ?? '');

  return {
    target: 'AmazonSQS',
    contentType: 'application/x-amz-json-1.0',
    operations: {
      GetQueueUrl: (input) => ({ QueueUrl: named(requiredText(input, 'QueueName')).url }),
      ListQueues(input) {
        const prefix = optionalText(input, 'QueueNamePrefix') ?? '';
        const urls = [...queues].filter(([name]) => name.startsWith(prefix)).map(([, { url }]) => url);
        return urls.length === 0 ? {} : { QueueUrls: urls };
      },
      GetQueueAttributes: (input) => ({ Attributes: queueAttributes(addressed(input), queues, input) }),
      SendMessage: (input) => sendMessage(addressed(input).queue, readMessage(input)),
      SendMessageBatch: (input) => sendMessageBatch(addressed(input).queue, input),
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

function sendMessageBatch(queue: MessageQueue, input: Input) {
  const entries = batchEntries(input);
  const sizes = entries.map((entry) => messageSize({ body: optionalText(entry, 'MessageBody') ?? '' }));
  const size = sizes.reduce((sum, each) => sum + each, 0);
  if (size > LARGEST_MESSAGE_BYTES) {
    const limit = `Batch requests cannot be longer than ${LARGEST_MESSAGE_BYTES} bytes.`;
    throw batchError('BatchRequestTooLong', `${limit} You have sent ${size} bytes.`);
  }
  return eachEntry(entries, (entry) => sendMessage(queue, readMessage(entry)));
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

function queueAttributes(
  { queue, settings, arn }: ServedQueue,
  queues: ReadonlyMap<string, ServedQueue>,
  input: Input,
): Record<string, string> {
  const { visible, delayed, inFlight } = queue.count();
  const { redrive } = settings;
  const all = {
    QueueArn: arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    DelaySeconds: String(settings.delaySeconds),
    VisibilityTimeout: String(settings.visibilityTimeoutSeconds),
    MaximumMessageSize: String(LARGEST_MESSAGE_BYTES),
    ...(redrive && {
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: queues.get(redrive.deadLetterQueue)?.arn,
        maxReceiveCount: redrive.maxReceiveCount,
      }),
    }),
  };
  const names = textList(input, 'AttributeNames');
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => names.includes('All') || names.includes(name)),
  );
}
