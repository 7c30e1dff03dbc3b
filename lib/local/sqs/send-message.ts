import { createHash } from 'node:crypto';
import { type Input, optionalInteger, optionalText, requiredText } from './input.ts';
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

/**
 * Checks one message of SendMessage or of SendMessageBatch. `headerOfCall` is X-Ray's; the message's own overrides it:
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html
 */
export function readMessage(input: Input, headerOfCall?: string): MessageToSend {
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

export function messageSize({ body, attributes = {} }: MessageToSend): number {
  return Buffer.byteLength(body) + attributesSize(attributes);
}

/** Sends it and answers what SendMessage answers. `call` is what the messages of a batch share. */
export function sendMessage(queue: MessageQueue, message: MessageToSend, call?: object) {
  const { messageId, sequenceNumber } = queue.send(message, call);
  const md5OfMessageAttributes = md5OfAttributes(message.attributes ?? {});
  return {
    MessageId: messageId,
    ...(sequenceNumber !== undefined && { SequenceNumber: sequenceNumber }),
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
