import type { MessageQueue, ReceivedMessage, ReceiveOptions } from './message-queue.ts';
import { copyOf, leaves, type QueueSettings, type StoredMessage, storedMessage } from './message-queue.ts';
import { heldMessages, longPolling } from './receiving.ts';
import { notOfThisQueueType } from './sqs-request.ts';

/** A standard queue: a message that is not deleted within its visibility timeout is received again. */
export function standardQueue(settings: QueueSettings): MessageQueue {
  const { time } = settings;
  const visible = new Set<StoredMessage>();
  const polling = longPolling(time, take);
  const held = heldMessages(time, (message) => {
    visible.add(message);
    polling.wake();
  });

  function take({ most, visibilityTimeoutSeconds }: ReceiveOptions): ReceivedMessage[] {
    const taken: ReceivedMessage[] = [];
    // Iterates over a copy of the set: with a visibility timeout of zero a message is visible again at once, and must not
    // be taken twice.
    for (const message of [...visible]) {
      if (taken.length === most) break;
      visible.delete(message);
      if (leaves(settings, message)) {
        held.remove(message);
        continue;
      }
      taken.push(held.receive(message, visibilityTimeoutSeconds ?? settings.visibilityTimeoutSeconds));
      // A copy is not copied again. Otherwise a fault that always asks for a copy would never stop.
      if (message.heldAs === message.messageId) void addCopy(message);
    }
    return taken;
  }

  async function addCopy(message: StoredMessage): Promise<void> {
    const copy = copyOf(message);
    if (await settings.isDeliveredAgain?.(message)) held.add(copy, 0);
  }

  return {
    send(toSend) {
      const { deduplicationId, delaySeconds = settings.delaySeconds, movedFrom } = toSend;
      if (deduplicationId !== undefined) {
        throw notOfThisQueueType('MessageDeduplicationId', deduplicationId);
      }
      const message = storedMessage(toSend, { messageId: settings.newId(), sentAt: time.now() });
      held.add(message, movedFrom ? 0 : delaySeconds);
      return { messageId: message.messageId };
    },
    receive: polling.receive,
    delete(receiptHandle) {
      const found = held.ofReceipt(receiptHandle);
      if (!found?.isLatest) return;
      held.remove(found.message);
      visible.delete(found.message);
    },
    changeVisibility: held.changeVisibility,
    purge() {
      held.removeAll();
      visible.clear();
    },
    count: held.count,
    close() {
      held.stopTimers();
      polling.close();
    },
  };
}
