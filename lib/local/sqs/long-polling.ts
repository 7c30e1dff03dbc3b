import type { Time } from '../time.ts';
import type { ReceivedMessage, ReceiveOptions } from './message-queue.ts';

interface Waiter {
  options: ReceiveOptions;
  resolve(messages: ReceivedMessage[]): void;
  cancelTimer: (() => void) | undefined;
}

/** Receives of a queue, which wait when there is nothing: long polling. */
export interface LongPolling {
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
