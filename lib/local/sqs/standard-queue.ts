import type { Time } from '../time.ts';
import type { MessageQueue, ReceivedMessage, ReceiveOptions } from './message-queue.ts';
import { readReceiptHandle } from './receipt-handle.ts';
import { invalidParameter, sqsError } from './sqs-error.ts';
import { received, type StoredMessage, storedMessage } from './stored-message.ts';

export interface StandardQueueOptions {
  delaySeconds: number;
  visibilityTimeoutSeconds: number;
  /** Takes the message that has been received too often, at the moment when it would be received once more. */
  redrive?: { maxReceiveCount: number; deadLetter(message: StoredMessage): void };
  time: Time;
  newId(): string;
}

interface Waiter {
  options: ReceiveOptions;
  resolve(messages: ReceivedMessage[]): void;
  cancelTimer: (() => void) | undefined;
}

/** A standard queue: messages come back when they are not deleted in time. Messages do not expire here. */
export function standardQueue(settings: StandardQueueOptions): MessageQueue {
  const { time } = settings;
  const messages = new Map<string, StoredMessage>();
  const visible = new Set<StoredMessage>();
  const waiters = new Set<Waiter>();

  function setVisible(message: StoredMessage): void {
    message.state = 'visible';
    visible.add(message);
    // Waiters are served once what is being sent is complete, so that a batch arrives as a batch.
    if (waiters.size > 0) queueMicrotask(serveWaiters);
  }

  function setVisibleIn(seconds: number, message: StoredMessage): void {
    message.cancelTimer?.();
    if (seconds === 0) setVisible(message);
    else message.cancelTimer = time.after(seconds * 1000, () => setVisible(message));
  }

  function take({ most, visibilityTimeoutSeconds }: ReceiveOptions): ReceivedMessage[] {
    const taken: ReceivedMessage[] = [];
    // A copy: with a visibility timeout of zero a message is back at once, and must not be taken again.
    for (const message of [...visible]) {
      if (taken.length === most) break;
      visible.delete(message);
      if (settings.redrive && message.receiveCount >= settings.redrive.maxReceiveCount) {
        messages.delete(message.messageId);
        settings.redrive.deadLetter(message);
        continue;
      }
      message.state = 'inFlight';
      message.receiveCount += 1;
      message.firstReceivedAt ??= time.now();
      setVisibleIn(visibilityTimeoutSeconds ?? settings.visibilityTimeoutSeconds, message);
      taken.push(received(message));
    }
    return taken;
  }

  function serveWaiters(): void {
    for (const waiter of waiters) {
      const taken = take(waiter.options);
      if (taken.length === 0) return;
      endWait(waiter, taken);
    }
  }

  function endWait(waiter: Waiter, taken: ReceivedMessage[]): void {
    waiters.delete(waiter);
    waiter.cancelTimer?.();
    waiter.resolve(taken);
  }

  function remove(message: StoredMessage): void {
    message.cancelTimer?.();
    visible.delete(message);
    messages.delete(message.messageId);
  }

  return {
    send(toSend) {
      const message = storedMessage(toSend, { messageId: settings.newId(), sentAt: time.now() });
      messages.set(message.messageId, message);
      setVisibleIn(toSend.movedFrom ? 0 : (toSend.delaySeconds ?? settings.delaySeconds), message);
      return { messageId: message.messageId };
    },
    receive(options) {
      const taken = take(options);
      if (taken.length > 0 || options.waitSeconds === 0) return Promise.resolve(taken);
      return new Promise((resolve) => {
        const waiter: Waiter = { options, resolve, cancelTimer: undefined };
        if (options.waitSeconds < Number.POSITIVE_INFINITY) {
          waiter.cancelTimer = time.after(options.waitSeconds * 1000, () => endWait(waiter, []));
        }
        waiters.add(waiter);
      });
    },
    delete(receiptHandle) {
      const receipt = readReceiptHandle(receiptHandle);
      const message = messages.get(receipt.messageId);
      if (message?.receiveCount === receipt.receiveCount) remove(message);
    },
    changeVisibility(receiptHandle, seconds) {
      const receipt = readReceiptHandle(receiptHandle);
      const message = messages.get(receipt.messageId);
      if (message === undefined) throw invalidParameter('Reason: Message does not exist.');
      if (message.state !== 'inFlight' || message.receiveCount !== receipt.receiveCount) {
        throw sqsError('MessageNotInflight', 'The message is not in flight.');
      }
      setVisibleIn(seconds, message);
    },
    purge: () => [...messages.values()].forEach(remove),
    count() {
      const count = { visible: 0, delayed: 0, inFlight: 0 };
      for (const { state } of messages.values()) count[state] += 1;
      return count;
    },
    close() {
      for (const message of messages.values()) message.cancelTimer?.();
      for (const waiter of waiters) endWait(waiter, []);
    },
  };
}
