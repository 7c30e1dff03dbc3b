import type { MessageAttributes } from './message-attributes.ts';

export interface MessageToSend {
  body: string;
  attributes?: MessageAttributes;
  /** Seconds until the message can be received; without it the queue's own delay. Only of a standard queue. */
  delaySeconds?: number;
  /** A FIFO queue requires it; a standard queue takes no notice of it. */
  groupId?: string;
  /** A FIFO queue requires it; a standard queue refuses it. */
  deduplicationId?: string;
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
 * deleting. Each kind of queue, standard and FIFO, is an implementation of this.
 */
export interface MessageQueue {
  /**
   * The messages of one SendMessageBatch share a `call`, which counts once towards a quota.
   * Throws `MissingParameter`, `InvalidParameterValue`, `RequestThrottled`.
   */
  send(message: MessageToSend, call?: object): { messageId: string; sequenceNumber?: string };
  /** Never rejects; an empty array when nothing came in time. */
  receive(options: ReceiveOptions): Promise<ReceivedMessage[]>;
  /**
   * Deleting a message twice does nothing, nor does an outdated receipt. Throws `ReceiptHandleIsInvalid`, and a FIFO
   * queue `InvalidParameterValue` when the visibility timeout of the receive is over.
   */
  delete(receiptHandle: string): void;
  /** Throws `ReceiptHandleIsInvalid`, `MessageNotInflight`. */
  changeVisibility(receiptHandle: string, seconds: number): void;
  purge(): void;
  count(): { visible: number; delayed: number; inFlight: number };
  /** Ends every wait with no message, and every timer. */
  close(): void;
}
