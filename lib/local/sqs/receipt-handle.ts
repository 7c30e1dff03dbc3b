import { sqsError } from './sqs-error.ts';

/** Opaque to clients. It names one receive of one message, because an outdated receipt must not delete. */
export interface Receipt {
  /** The message, by `StoredMessage.heldAs`. */
  heldAs: string;
  receiveCount: number;
}

export function writeReceiptHandle({ heldAs, receiveCount }: Receipt): string {
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
