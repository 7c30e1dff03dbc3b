import type { Queue } from '../description.ts';
import type { Time } from '../time.ts';
import { requestThrottled } from './sqs-error.ts';

type ThroughputLimit = NonNullable<Queue['fifo']>['throughputLimit'];

export interface SendQuota {
  /** Counts a call once for each of its groups, or once for the queue. Throws `RequestThrottled`. */
  count(groupId: string, call: object): void;
}

/**
 * Of a FIFO queue, or of each group in it.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 */
const CALLS_PER_SECOND = 300;

export function sendQuota(limit: ThroughputLimit, time: Time): SendQuota {
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
