import type { Queue } from '../description.ts';
import type { Time } from '../time.ts';
import { deduplication } from './deduplication.ts';
import { messageGroups } from './message-groups.ts';
import {
  type FifoIds,
  leaves,
  type MessageQueue,
  type MessageToSend,
  type QueueSettings,
  type ReceivedMessage,
  type ReceiveOptions,
  type StoredMessage,
  storedMessage,
} from './message-queue.ts';
import { heldMessages, longPolling } from './receiving.ts';
import {
  invalidParameter,
  missingParameter,
  notOfThisQueueType,
  receiptExpired,
  requestThrottled,
} from './sqs-request.ts';

export interface FifoQueueSettings extends QueueSettings {
  fifo: NonNullable<Queue['fifo']>;
}

/**
 * A FIFO queue: the messages of a group are received in their order, and none while an earlier one is in flight.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
 */
export function fifoQueue(settings: FifoQueueSettings): MessageQueue {
  const { time, fifo } = settings;
  const nextSequenceNumber = sequenceNumbers();
  const quota = sendQuota(fifo.throughputLimit, time);
  const duplicates = deduplication(fifo.deduplicationScope, time);
  const groups = messageGroups();
  const polling = longPolling(time, take);
  const held = heldMessages(time, (message) => {
    groups.setVisible(message);
    polling.wake();
  });

  function take({ most, visibilityTimeoutSeconds: seconds }: ReceiveOptions): ReceivedMessage[] {
    const taken = groups.take(most, isOut);
    return taken.map((message) => held.receive(message, seconds ?? settings.visibilityTimeoutSeconds));
  }

  function isOut(message: StoredMessage): boolean {
    if (!leaves(settings, message)) return false;
    held.remove(message);
    return true;
  }

  function enqueue(toSend: MessageToSend, ids: FifoIds) {
    const sequenceNumber = nextSequenceNumber();
    const fresh = { messageId: settings.newId(), sentAt: time.now(), fifo: { ...ids, sequenceNumber } };
    const message = storedMessage(toSend, fresh);
    groups.add(message);
    held.add(message, toSend.movedFrom ? 0 : settings.delaySeconds);
    return { messageId: message.messageId, sequenceNumber };
  }

  return {
    send(toSend, call = {}) {
      const ids = requiredIds(toSend);
      if (toSend.movedFrom) return enqueue(toSend, ids);
      quota.count(ids.groupId, call);
      const first = duplicates.find(ids);
      if (first) return first;
      const sent = enqueue(toSend, ids);
      duplicates.remember(ids, sent);
      return sent;
    },
    receive: polling.receive,
    delete(receiptHandle) {
      const found = held.ofReceipt(receiptHandle);
      if (found === undefined) return;
      // Unlike a standard queue, a FIFO queue refuses a late delete, because another consumer may have the message now.
      if (!found.isLatest || found.message.state !== 'inFlight') throw receiptExpired(receiptHandle);
      held.remove(found.message);
      groups.remove(found.message);
      polling.wake();
    },
    changeVisibility: held.changeVisibility,
    purge() {
      held.removeAll();
      groups.clear();
    },
    count: held.count,
    close() {
      held.stopTimers();
      polling.close();
    },
  };
}

/** Throws `MissingParameter`, `InvalidParameterValue`. */
function requiredIds({ groupId, deduplicationId, delaySeconds = 0 }: MessageToSend): FifoIds {
  if (groupId === undefined) throw missingParameter('MessageGroupId');
  if (deduplicationId === undefined) {
    throw invalidParameter(
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    );
  }
  // SQS accepts a delay of zero, which changes nothing: only the queue has a delay.
  if (delaySeconds > 0) throw notOfThisQueueType('DelaySeconds', delaySeconds);
  return { groupId, deduplicationId };
}

/** Sequence numbers of 20 digits, as in AWS: too many for a JavaScript number. */
function sequenceNumbers(): () => string {
  let last = 0;
  return () => {
    last += 1;
    return `1${String(last).padStart(19, '0')}`;
  };
}

type ThroughputLimit = NonNullable<Queue['fifo']>['throughputLimit'];

interface SendQuota {
  /** Counts a call once for each group in it, or once for the queue. Throws `RequestThrottled` above the quota. */
  count(groupId: string, call: object): void;
}

/**
 * Send calls per second for a FIFO queue, or for each group in it.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 */
const CALLS_PER_SECOND = 300;

function sendQuota(limit: ThroughputLimit, time: Time): SendQuota {
  let secondBegan = Number.NEGATIVE_INFINITY;
  const counted = new Map<string, { calls: number; last: object }>();
  return {
    count(groupId, call) {
      if (time.now() - secondBegan >= 1000) {
        secondBegan = time.now();
        counted.clear();
      }
      const key = limit === 'perQueue' ? '' : groupId;
      const { calls, last } = counted.get(key) ?? { calls: 0, last: undefined };
      if (last === call) return;
      if (calls === CALLS_PER_SECOND) throw requestThrottled();
      counted.set(key, { calls: calls + 1, last: call });
    },
  };
}
