import type { Queue } from '../description.ts';
import type { Time } from '../time.ts';
import type { MessageAttributes } from './message-attributes.ts';
import { sqsError } from './sqs-request.ts';

/** What identifies a message of a FIFO queue for its sender. */
export interface FifoIds {
  groupId: string;
  deduplicationId: string;
}

/** The answer to the sender of a message, and to every repetition of it within the deduplication interval. */
export interface SentMessage {
  messageId: string;
  sequenceNumber: string;
}

export interface MessageToSend {
  body: string;
  attributes?: MessageAttributes;
  /** Seconds until the message can be received. Only a standard queue takes it. Default: the delay of the queue. */
  delaySeconds?: number;
  /** A FIFO queue requires it; a standard queue ignores it. */
  groupId?: string;
  /** A FIFO queue requires it; a standard queue refuses it. */
  deduplicationId?: string;
  /** X-Ray's header, which SQS passes on. */
  traceHeader?: string;
  /** Set for a message that comes from another queue. It keeps its id and is not delayed again. */
  movedFrom?: { messageId: string; sentAt: number; queueArn: string };
}

export interface ReceivedMessage {
  messageId: string;
  /** Belongs to this one receive. After the next receive of the message it deletes nothing. */
  receiptHandle: string;
  body: string;
  /** System attributes, such as `ApproximateReceiveCount`. */
  attributes: Record<string, string>;
  messageAttributes: MessageAttributes;
}

export interface ReceiveOptions {
  most: number;
  /** How long to wait for a first message; with `Infinity` until `close`. */
  waitSeconds: number;
  /** Default: the timeout of the queue. */
  visibilityTimeoutSeconds?: number;
}

/**
 * A queue without its API and its consumer: order, visibility, receiving and deleting. There are two implementations,
 * `standardQueue` and `fifoQueue`.
 */
export interface MessageQueue {
  /**
   * The messages of one SendMessageBatch share a `call`, which counts once towards a quota.
   * Throws `MissingParameter`, `InvalidParameterValue`, `RequestThrottled`.
   */
  send(message: MessageToSend, call?: object): { messageId: string; sequenceNumber?: string };
  /** Never rejects; an empty array if no message came in time. */
  receive(options: ReceiveOptions): Promise<ReceivedMessage[]>;
  /**
   * Deleting a message twice, or with an outdated receipt, does nothing. Throws `ReceiptHandleIsInvalid`; a FIFO queue also
   * throws `InvalidParameterValue` when the visibility timeout of the receive is over.
   */
  delete(receiptHandle: string): void;
  /** Throws `ReceiptHandleIsInvalid`, `MessageNotInflight`. */
  changeVisibility(receiptHandle: string, seconds: number): void;
  purge(): void;
  count(): { visible: number; delayed: number; inFlight: number };
  /** Ends every waiting receive without a message, and stops every timer. */
  close(): void;
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html */
export const DEFAULT_RETENTION_SECONDS = 4 * 24 * 60 * 60;

/** The settings of every kind of queue. */
export interface QueueSettings {
  delaySeconds: number;
  visibilityTimeoutSeconds: number;
  /** Default: `DEFAULT_RETENTION_SECONDS`. */
  retentionSeconds?: number;
  /** `deadLetter` is called with a message that was received `maxReceiveCount` times, when it would be received again. */
  redrive?: { maxReceiveCount: number; deadLetter(message: StoredMessage): void };
  /** Called with a message that is older than the retention, when it would be received. */
  onExpired?(message: StoredMessage): void;
  /** True if a message of a standard queue that was just received is to be delivered a second time. */
  isDeliveredAgain?(message: StoredMessage): Promise<boolean>;
  time: Time;
  newId(): string;
}

/**
 * Whether a message leaves the queue instead of being received: expired, because it is older than the retention, or
 * dead-lettered, because it was received too often.
 */
export function leaves(settings: QueueSettings, message: StoredMessage): boolean {
  const { redrive, retentionSeconds = DEFAULT_RETENTION_SECONDS, time } = settings;
  if (time.now() - message.keptSince >= retentionSeconds * 1000) {
    settings.onExpired?.(message);
    return true;
  }
  if (redrive === undefined || message.receiveCount < redrive.maxReceiveCount) return false;
  redrive.deadLetter(message);
  return true;
}

/** One queue of the API. */
export interface ServedQueue {
  queue: MessageQueue;
  settings: Queue;
  url: string;
  arn: string;
}

/** A message inside a queue. */
export interface StoredMessage {
  /** Its key in the queue: its `messageId`, except for a copy. */
  heldAs: string;
  messageId: string;
  body: string;
  attributes: MessageAttributes;
  sentAt: number;
  /** Epoch milliseconds from which the retention of the queue counts. */
  keptSince: number;
  /** Only in a FIFO queue. */
  groupId?: string;
  deduplicationId?: string;
  firstReceivedAt?: number;
  receiveCount: number;
  /** System attributes that are the same at every receive. */
  constantAttributes: Record<string, string>;
  state: 'delayed' | 'visible' | 'inFlight';
  /** Cancels the timer that makes it visible. */
  cancelTimer?: () => void;
}

/**
 * A message that has not been received. A message from another queue keeps its id, and in a standard queue its age.
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
  return { ...copied, heldAs: `${message.heldAs} again`, receiveCount: message.receiveCount - 1 };
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

/** The content of a receipt handle, which is opaque to clients. It identifies one receive, because an outdated receipt must not delete. */
interface Receipt {
  /** `StoredMessage.heldAs` of the message. */
  heldAs: string;
  receiveCount: number;
}

function writeReceiptHandle({ heldAs, receiveCount }: Receipt): string {
  return Buffer.from(`${receiveCount} ${heldAs}`).toString('base64url');
}

/** Throws `ReceiptHandleIsInvalid`. */
export function readReceiptHandle(handle: string): Receipt {
  const [, count, heldAs] = /^(\d+) (.+)$/.exec(Buffer.from(handle, 'base64url').toString()) ?? [];
  if (heldAs === undefined) {
    const message = `The input receipt handle "${handle}" is not a valid receipt handle.`;
    throw sqsError('ReceiptHandleIsInvalid', message, 'ReceiptHandleIsInvalid', 404);
  }
  return { heldAs, receiveCount: Number(count) };
}
