import type { MessageAttributes } from './message-attributes.ts';

export interface MessageToSend {
  body: string;
  attributes?: MessageAttributes;
  /** Seconds until the message can be received; without it the queue's own delay. */
  delaySeconds?: number;
  /** X-Ray's header, which SQS hands through. */
  traceHeader?: string;
  /** A message that comes from another queue stays the same message, and is not delayed again. */
  movedFrom?: { messageId: string; sentAt: number; queueArn: string };
}

export interface ReceivedMessage {
  messageId: string;
  /** Belongs to this one receive: after the next one it deletes nothing. */
  receiptHandle: string;
  body: string;
  /** System attributes, such as `ApproximateReceiveCount`. */
  attributes: Record<string, string>;
  messageAttributes: MessageAttributes;
}

export interface ReceiveOptions {
  most: number;
  /** How long to wait for a first message; `Infinity` until `close`. */
  waitSeconds: number;
  /** Without it the queue's own. */
  visibilityTimeoutSeconds?: number;
}

/**
 * What a queue is, apart from the API in front of it and the functions behind it: order, visibility, receiving,
 * deleting. Another kind of queue (FIFO) is another implementation of this.
 */
export interface MessageQueue {
  send(message: MessageToSend): { messageId: string };
  /** Never rejects; an empty array when nothing came in time. */
  receive(options: ReceiveOptions): Promise<ReceivedMessage[]>;
  /** Throws `ReceiptHandleIsInvalid`. Deleting a message twice, or with an outdated receipt, does nothing. */
  delete(receiptHandle: string): void;
  /** Throws `ReceiptHandleIsInvalid`, `MessageNotInflight`. */
  changeVisibility(receiptHandle: string, seconds: number): void;
  purge(): void;
  count(): { visible: number; delayed: number; inFlight: number };
  /** Ends every wait with no message, and every timer. */
  close(): void;
}
