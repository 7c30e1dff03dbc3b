import type { FifoIds } from './deduplication.ts';
import type { MessageAttributes } from './message-attributes.ts';
import type { MessageToSend, ReceivedMessage } from './message-queue.ts';
import { writeReceiptHandle } from './receipt-handle.ts';

/** A message as a queue keeps it. */
export interface StoredMessage {
  /** Names it in its queue; of all but a copy its `messageId`. */
  heldAs: string;
  messageId: string;
  body: string;
  attributes: MessageAttributes;
  sentAt: number;
  /** Its age towards the queue's retention counts from here. */
  keptSince: number;
  /** Of a FIFO queue. */
  groupId?: string;
  deduplicationId?: string;
  firstReceivedAt?: number;
  receiveCount: number;
  /** System attributes that never change. */
  constantAttributes: Record<string, string>;
  state: 'delayed' | 'visible' | 'inFlight';
  /** Stops the timer that makes it visible. */
  cancelTimer?: () => void;
}

/**
 * A message that has not been received. One moved from another queue keeps its identity, and in a standard queue its age:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
 */
export function storedMessage(
  { body, attributes, movedFrom, traceHeader }: MessageToSend,
  { fifo, ...fresh }: { messageId: string; sentAt: number; fifo?: FifoIds & { sequenceNumber: string } },
): StoredMessage {
  const messageId = movedFrom?.messageId ?? fresh.messageId;
  return {
    heldAs: messageId,
    messageId,
    body,
    attributes: attributes ?? {},
    sentAt: movedFrom?.sentAt ?? fresh.sentAt,
    keptSince: fifo ? fresh.sentAt : (movedFrom?.sentAt ?? fresh.sentAt),
    ...(fifo && { groupId: fifo.groupId, deduplicationId: fifo.deduplicationId }),
    receiveCount: 0,
    constantAttributes: {
      ...(fifo && {
        SequenceNumber: fifo.sequenceNumber,
        MessageGroupId: fifo.groupId,
        MessageDeduplicationId: fifo.deduplicationId,
      }),
      ...(traceHeader !== undefined && { AWSTraceHeader: traceHeader }),
      ...(movedFrom && { DeadLetterQueueSourceArn: movedFrom.queueArn }),
    },
    state: 'delayed',
  };
}

/**
 * A second copy of the message, as SQS delivers it when one of its servers missed the receive.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues-at-least-once-delivery.html
 */
export function copyOf(message: StoredMessage): StoredMessage {
  const { cancelTimer: _, ...copied } = message;
  return { ...copied, heldAs: `${message.heldAs} once more`, receiveCount: message.receiveCount - 1 };
}

/** The message as its receiver sees it. */
export function received(message: StoredMessage): ReceivedMessage {
  const { heldAs, messageId, body, attributes, receiveCount, sentAt, firstReceivedAt = sentAt } = message;
  return {
    messageId,
    receiptHandle: writeReceiptHandle({ heldAs, receiveCount }),
    body,
    attributes: {
      SenderId: '000000000000',
      SentTimestamp: String(sentAt),
      ApproximateReceiveCount: String(receiveCount),
      ApproximateFirstReceiveTimestamp: String(firstReceivedAt),
      ...message.constantAttributes,
    },
    messageAttributes: attributes,
  };
}
