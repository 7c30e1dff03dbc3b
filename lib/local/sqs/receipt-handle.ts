import { sqsError } from './sqs-error.ts';

/** Opaque to clients. It names one receive of one message, because an outdated receipt must not delete. */
export interface Receipt {
  messageId: string;
  receiveCount: number;
}

export function writeReceiptHandle({ messageId, receiveCount }: Receipt): string {
  return Buffer.from(`${receiveCount} ${messageId}`).toString('base64url');
}

/** Throws `ReceiptHandleIsInvalid`. */
export function readReceiptHandle(handle: string): Receipt {
  const [, count, messageId] = /^(\d+) (.+)$/.exec(Buffer.from(handle, 'base64url').toString()) ?? [];
  if (messageId === undefined) {
    const message = `The input receipt handle "${handle}" is not a valid receipt handle.`;
    throw sqsError('ReceiptHandleIsInvalid', message, 'ReceiptHandleIsInvalid', 404);
  }
  return { messageId, receiveCount: Number(count) };
}
