import { type FunctionName, functions } from './functions.ts';
import type { SettingReference } from './read-settings.ts';

// Lambda asks for six times the function's timeout, so that a batch is not delivered again while it is being worked on.
const visibilityOf = (timeoutSeconds: number) => 6 * timeoutSeconds;

const HOUR = 60 * 60;
const DEAD_LETTERS = {
  visibilityTimeoutSeconds: 30,
  // The most that SQS has: somebody must look at them, and may be on holiday.
  retentionSeconds: 14 * 24 * HOUR,
} as const;

export interface QueueDescription {
  /** How long a message is held back after it was sent. Without it, not at all. */
  delaySeconds?: number | SettingReference;
  visibilityTimeoutSeconds: number;
  retentionSeconds: number;
  fifo?: {
    deduplicationScope: 'messageGroup' | 'queue';
    throughputLimit: 'perMessageGroupId' | 'perQueue';
  };
  /** Where a message goes that was received so often without being deleted. */
  redrive?: { deadLetterQueue: QueueName; maxReceiveCount: number };
  /** Lambda event source mapping. */
  consumer?: {
    function: Exclude<FunctionName, 'canary'>;
    batchSize: number;
    reportBatchItemFailures: boolean;
    maximumConcurrency: number | SettingReference;
  };
}

/** Every SQS queue; names are completed with `trade-room-<stage>-`. */
export const queues = {
  /** One delayed message a connection: the delay is the time within which it must authenticate. */
  'auth-deadline': {
    delaySeconds: { setting: 'authDeadlineSeconds' },
    visibilityTimeoutSeconds: visibilityOf(functions.authDeadline.timeoutSeconds),
    // No connection lives longer than two hours: a deadline that is older has nothing left to close.
    retentionSeconds: 3 * HOUR,
    redrive: { deadLetterQueue: 'auth-deadline-dead-letters', maxReceiveCount: 5 },
    consumer: {
      function: 'authDeadline',
      batchSize: 10,
      reportBatchItemFailures: true,
      // Enough for API Gateway's 500 new connections a second; a flood of strangers must not eat the account's Lambdas.
      maximumConcurrency: 50,
    },
  },
  'auth-deadline-dead-letters': DEAD_LETTERS,
  /** The streams of all rooms: a message group each, in which events wait in order. */
  'room-events.fifo': {
    // One group's quota and deduplication are its own: a busy room takes nothing from another.
    fifo: { deduplicationScope: 'messageGroup', throughputLimit: 'perMessageGroupId' },
    // Longer than the function can run, so that a room never has two writers. Not six times as long, which Lambda advises
    // for the sake of throttled functions: a room whose function died waits for so long, and `maximumConcurrency` keeps
    // Lambda from taking what it cannot run.
    visibilityTimeoutSeconds: functions.broadcast.timeoutSeconds + 20,
    retentionSeconds: 4 * 24 * HOUR,
    // With the delays of `retry-soon.ts`, two and a half minutes: an outage of DynamoDB may last so long.
    redrive: { deadLetterQueue: 'room-events-dead-letters.fifo', maxReceiveCount: 10 },
    consumer: {
      function: 'broadcast',
      batchSize: 10,
      reportBatchItemFailures: true,
      maximumConcurrency: { setting: 'broadcastConcurrency' },
    },
  },
  /** What a room could not take again and again. Never to be redriven: what is in the room is newer. */
  'room-events-dead-letters.fifo': {
    ...DEAD_LETTERS,
    fifo: { deduplicationScope: 'messageGroup', throughputLimit: 'perMessageGroupId' },
  },
  /** Events that can never be delivered, and those that could not be handed to their stream. */
  'event-dead-letters': DEAD_LETTERS,
  /** Runs of the canary that could not be begun, crashed or took too long. */
  'canary-dead-letters': DEAD_LETTERS,
} as const;

export type QueueName = keyof typeof queues;
