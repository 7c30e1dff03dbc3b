import type { Time } from '../time.ts';
import {
  type ReceivedMessage,
  type ReceiveOptions,
  readReceiptHandle,
  received,
  type StoredMessage,
} from './message-queue.ts';
import { invalidParameter, sqsError } from './sqs-request.ts';

/** The messages of a queue without their order: when each one is visible, and which receipt may delete it. */
interface HeldMessages {
  /** Adds a message that has not been received yet. */
  add(message: StoredMessage, delaySeconds: number): void;
  /** Hides the message for that long and returns it for the receiver. */
  receive(message: StoredMessage, visibilityTimeoutSeconds: number): ReceivedMessage;
  /** Throws `ReceiptHandleIsInvalid`, `MessageNotInflight`. */
  changeVisibility(receiptHandle: string, seconds: number): void;
  /**
   * The message of a receipt, and whether the receipt is of the latest receive; undefined if the message is deleted.
   * Throws `ReceiptHandleIsInvalid`.
   */
  ofReceipt(receiptHandle: string): { message: StoredMessage; isLatest: boolean } | undefined;
  remove(message: StoredMessage): void;
  removeAll(): void;
  count(): { visible: number; delayed: number; inFlight: number };
  stopTimers(): void;
}

/** `onVisible` is called with every message that becomes visible, for the first time or again. */
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

interface Waiter {
  options: ReceiveOptions;
  resolve(messages: ReceivedMessage[]): void;
  cancelTimer: (() => void) | undefined;
}

/** Long polling: a receive waits for a message if there is none. */
interface LongPolling {
  receive(options: ReceiveOptions): Promise<ReceivedMessage[]>;
  /** Call it when there may be messages for the waiting receives. */
  wake(): void;
  close(): void;
}

/** `take` returns the messages that can be received now, without waiting. */
export function longPolling(time: Time, take: (options: ReceiveOptions) => ReceivedMessage[]): LongPolling {
  const waiters = new Set<Waiter>();

  function serve(): void {
    for (const waiter of waiters) {
      const taken = take(waiter.options);
      if (taken.length === 0) return;
      end(waiter, taken);
    }
  }

  function end(waiter: Waiter, taken: ReceivedMessage[]): void {
    waiters.delete(waiter);
    waiter.cancelTimer?.();
    waiter.resolve(taken);
  }

  return {
    receive(options) {
      const taken = take(options);
      if (taken.length > 0 || options.waitSeconds === 0) return Promise.resolve(taken);
      return new Promise((resolve) => {
        const waiter: Waiter = { options, resolve, cancelTimer: undefined };
        if (options.waitSeconds < Number.POSITIVE_INFINITY) {
          waiter.cancelTimer = time.after(options.waitSeconds * 1000, () => end(waiter, []));
        }
        waiters.add(waiter);
      });
    },
    wake() {
      // In a microtask, when the whole batch has been sent, so that it is received as a batch.
      if (waiters.size > 0) queueMicrotask(serve);
    },
    close() {
      for (const waiter of waiters) end(waiter, []);
    },
  };
}
