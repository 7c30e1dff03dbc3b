import type { Time } from '../time.ts';
import {
  type ReceivedMessage,
  type ReceiveOptions,
  readReceiptHandle,
  received,
  type StoredMessage,
} from './message-queue.ts';
import { invalidParameter, sqsError } from './sqs-request.ts';

/** The messages of a queue without their order: when each is visible, and who may still delete it. */
interface HeldMessages {
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

interface Waiter {
  options: ReceiveOptions;
  resolve(messages: ReceivedMessage[]): void;
  cancelTimer: (() => void) | undefined;
}

/** Receives of a queue, which wait when there is nothing: long polling. */
interface LongPolling {
  receive(options: ReceiveOptions): Promise<ReceivedMessage[]>;
  /** Says that there may be something now. */
  wake(): void;
  close(): void;
}

/** `take` gives what can be received now, without waiting. */
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
      // Waiters are served once what is being sent is complete, so that a batch arrives as a batch.
      if (waiters.size > 0) queueMicrotask(serve);
    },
    close() {
      for (const waiter of waiters) end(waiter, []);
    },
  };
}
