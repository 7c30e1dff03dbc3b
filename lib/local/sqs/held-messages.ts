import type { Time } from '../time.ts';
import type { ReceivedMessage } from './message-queue.ts';
import { readReceiptHandle } from './receipt-handle.ts';
import { invalidParameter, sqsError } from './sqs-error.ts';
import { received, type StoredMessage } from './stored-message.ts';

/** The messages of a queue without their order: when each is visible, and who may still delete it. */
export interface HeldMessages {
  /** One that nobody has received yet. */
  add(message: StoredMessage, delaySeconds: number): void;
  /** Hides it for that long from everybody but the one who receives it now. */
  receive(message: StoredMessage, visibilityTimeoutSeconds: number): ReceivedMessage;
  /** Throws `ReceiptHandleIsInvalid`, `MessageNotInflight`. */
  changeVisibility(receiptHandle: string, seconds: number): void;
  /**
   * The message of a receipt, and whether nobody has received it since; undefined when it is deleted.
   * Throws `ReceiptHandleIsInvalid`.
   */
  ofReceipt(receiptHandle: string): { message: StoredMessage; isLatest: boolean } | undefined;
  remove(message: StoredMessage): void;
  removeAll(): void;
  count(): { visible: number; delayed: number; inFlight: number };
  stopTimers(): void;
}

/** `onVisible` is called for every message that becomes receivable, for the first time or again. */
export function heldMessages(time: Time, onVisible: (message: StoredMessage) => void): HeldMessages {
  const messages = new Map<string, StoredMessage>();

  function setVisibleIn(seconds: number, message: StoredMessage): void {
    const setVisible = () => {
      message.state = 'visible';
      onVisible(message);
    };
    message.cancelTimer?.();
    if (seconds === 0) setVisible();
    else message.cancelTimer = time.after(seconds * 1000, setVisible);
  }

  function ofReceipt(receiptHandle: string) {
    const receipt = readReceiptHandle(receiptHandle);
    const message = messages.get(receipt.heldAs);
    return message && { message, isLatest: message.receiveCount === receipt.receiveCount };
  }

  function stopTimers(): void {
    for (const message of messages.values()) message.cancelTimer?.();
  }

  return {
    add(message, delaySeconds) {
      messages.set(message.heldAs, message);
      setVisibleIn(delaySeconds, message);
    },
    receive(message, visibilityTimeoutSeconds) {
      message.state = 'inFlight';
      message.receiveCount += 1;
      message.firstReceivedAt ??= time.now();
      setVisibleIn(visibilityTimeoutSeconds, message);
      return received(message);
    },
    changeVisibility(receiptHandle, seconds) {
      const found = ofReceipt(receiptHandle);
      if (found === undefined) throw invalidParameter('Reason: Message does not exist.');
      if (found.message.state !== 'inFlight' || !found.isLatest) {
        throw sqsError('MessageNotInflight', 'The message is not in flight.');
      }
      setVisibleIn(seconds, found.message);
    },
    ofReceipt,
    remove(message) {
      message.cancelTimer?.();
      messages.delete(message.heldAs);
    },
    removeAll() {
      stopTimers();
      messages.clear();
    },
    count() {
      const count = { visible: 0, delayed: 0, inFlight: 0 };
      for (const { state } of messages.values()) count[state] += 1;
      return count;
    },
    stopTimers,
  };
}
