import type { Queue } from '../description.ts';
import type { MessageQueue } from './message-queue.ts';

/** One queue of the API. */
export interface ServedQueue {
  queue: MessageQueue;
  settings: Queue;
  url: string;
  arn: string;
}
