import { functions } from './functions.ts';

export const DEFAULT_AUTH_DEADLINE_SECONDS = 10;

// Lambda asks for six times the function's timeout, so that a batch is not delivered again while it is being worked on.
const visibilityOf = (timeoutSeconds: number) => 6 * timeoutSeconds;

/** Every SQS queue; names are completed with `trade-room-<stage>-`. */
export const queues = {
  /** One delayed message a connection: the delay is the time within which it must authenticate. */
  'auth-deadline': {
    visibilityTimeoutSeconds: visibilityOf(functions.authDeadline.timeoutSeconds),
    redrive: { deadLetterQueue: 'auth-deadline-dead-letters', maxReceiveCount: 5 },
    consumer: { function: 'authDeadline', batchSize: 10, reportBatchItemFailures: true },
  },
  'auth-deadline-dead-letters': { visibilityTimeoutSeconds: 30 },
  /** Events that can never be delivered, and those whose broadcast failed before its first post, again and again. */
  'event-dead-letters': { visibilityTimeoutSeconds: 30 },
} as const;

export type QueueName = keyof typeof queues;
