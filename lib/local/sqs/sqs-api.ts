import { ACCOUNT_ID, arnsOf } from '../arn.ts';
import type { AwsJsonService } from '../aws-json-service.ts';
import { sqsPermissions } from '../iam/required-permissions.ts';
import { batchEntries, eachEntry } from './batch.ts';
import { type Input, optionalText, requiredInteger, requiredText } from './input.ts';
import type { MessageQueue } from './message-queue.ts';
import { queueAttributes } from './queue-attributes.ts';
import { receiveMessage, VISIBILITY_RANGE } from './receive-message.ts';
import { LARGEST_MESSAGE_BYTES, messageSize, readMessage, sendMessage } from './send-message.ts';
import type { ServedQueue } from './served-queue.ts';
import { batchError, queueDoesNotExist, requestThrottled } from './sqs-error.ts';

/** The SQS API in front of queues; it knows nothing of their order or of who consumes them. */
export function sqsApi(queues: ReadonlyMap<string, ServedQueue>, region: string): AwsJsonService {
  const arns = arnsOf(region);
  function named(name: string): ServedQueue {
    const served = queues.get(name);
    if (served === undefined) throw queueDoesNotExist();
    return served;
  }
  // By account and name: the host may be localhost, 127.0.0.1 or a name of the developer's network.
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
  // SDKs retry a call, but no entry that failed: one whose entries are all too many fails as a whole.
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
