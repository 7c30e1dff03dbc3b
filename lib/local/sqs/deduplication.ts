import type { Queue } from '../description.ts';
import type { Time } from '../time.ts';
import { fifoBuffer } from './message-groups.ts';
import type { FifoIds, SentMessage } from './message-queue.ts';

type Scope = NonNullable<Queue['fifo']>['deduplicationScope'];

interface Deduplication {
  /** The message that was sent first with these ids; undefined if there was none within the interval. */
  find(ids: FifoIds): SentMessage | undefined;
  remember(ids: FifoIds, sent: SentMessage): void;
}

/** Counted from the first send, even if the message has been deleted since. */
const INTERVAL_MS = 5 * 60 * 1000;

export function deduplication(scope: Scope, time: Time): Deduplication {
  const sent = new Map<string, SentMessage>();
  const expiring = fifoBuffer<{ key: string; at: number }>();

  const keyOf = ({ groupId, deduplicationId }: FifoIds) =>
    scope === 'queue' ? deduplicationId : JSON.stringify([groupId, deduplicationId]);

  function forgetOld(): void {
    for (let next = expiring.first(); next && next.at <= time.now(); next = expiring.first()) {
      sent.delete(next.key);
      expiring.shift();
    }
  }

  return {
    find(ids) {
      forgetOld();
      return sent.get(keyOf(ids));
    },
    remember(ids, message) {
      const key = keyOf(ids);
      sent.set(key, message);
      expiring.push({ key, at: time.now() + INTERVAL_MS });
    },
  };
}
