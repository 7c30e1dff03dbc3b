import { createHash } from 'node:crypto';
import { type Input, optionalInteger, textList } from './input.ts';
import { type MessageAttributes, md5OfAttributes } from './message-attributes.ts';
import type { MessageQueue, ReceivedMessage } from './message-queue.ts';

/** `VisibilityTimeout`: at most 12 hours. */
export const VISIBILITY_RANGE: [number, number] = [0, 43_200];

/** ReceiveMessage, waiting up to `WaitTimeSeconds` for a first message. */
export async function receiveMessage(queue: MessageQueue, input: Input) {
  const visibilityTimeoutSeconds = optionalInteger(input, 'VisibilityTimeout', VISIBILITY_RANGE);
  const messages = await queue.receive({
    most: optionalInteger(input, 'MaxNumberOfMessages', [1, 10]) ?? 1,
    waitSeconds: optionalInteger(input, 'WaitTimeSeconds', [0, 20]) ?? 0,
    ...(visibilityTimeoutSeconds !== undefined && { visibilityTimeoutSeconds }),
  });
  // Without a message AWS leaves the list out.
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
      // Of the attributes that are answered, so that the receiver can check it.
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
