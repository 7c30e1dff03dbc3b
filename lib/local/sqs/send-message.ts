import { createHash } from 'node:crypto';
import { type Input, optionalInteger, requiredText } from './input.ts';
import { attributesSize, md5OfAttributes, readMessageAttributes } from './message-attributes.ts';
import type { MessageQueue, MessageToSend } from './message-queue.ts';
import { invalidParameter, sqsError } from './sqs-error.ts';

/**
 * Of one message with its attributes, and of a batch in sum: 1 MiB since August 2025.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 */
export const LARGEST_MESSAGE_BYTES = 1_048_576;

/** `DelaySeconds`: at most 15 minutes. */
const DELAY_RANGE: [number, number] = [0, 900];

/** Checks one message of SendMessage or of SendMessageBatch. */
export function readMessage(input: Input): MessageToSend {
  const body = requiredText(input, 'MessageBody');
  const attributes = readMessageAttributes(input['MessageAttributes']);
  const delaySeconds = optionalInteger(input, 'DelaySeconds', DELAY_RANGE);
  const traceHeader = readMessageAttributes(input['MessageSystemAttributes'])['AWSTraceHeader']?.StringValue;
  const message: MessageToSend = {
    body,
    attributes,
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

export function messageSize({ body, attributes = {} }: MessageToSend): number {
  return Buffer.byteLength(body) + attributesSize(attributes);
}

/** Sends it and answers what SendMessage answers. */
export function sendMessage(queue: MessageQueue, message: MessageToSend) {
  const md5OfMessageAttributes = md5OfAttributes(message.attributes ?? {});
  return {
    MessageId: queue.send(message).messageId,
    MD5OfMessageBody: createHash('md5').update(message.body).digest('hex'),
    ...(md5OfMessageAttributes !== undefined && { MD5OfMessageAttributes: md5OfMessageAttributes }),
  };
}

/** The characters of XML 1.0, to which SQS is still bound. */
function isAllowed(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return code === 0x9 || code === 0xa || code === 0xd;
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || code >= 0x10000;
}
