import { functions } from './functions.ts';

export const DEFAULT_AUTH_DEADLINE_SECONDS = 10;
/** SQS delays a message for 15 minutes at most. */
export const MAX_AUTH_DEADLINE_SECONDS = 900;

// Lambda asks for six times the function's timeout, so that a batch is not delivered again while it is being worked on.
const visibilityOf = (timeoutSeconds: number) => 6 * timeoutSeconds;

const HOUR = 60 * 60;
const DEAD_LETTERS = {
  visibilityTimeoutSeconds: 30,
  // The most that SQS has: somebody must look at them, and may be on holiday.
  retentionSeconds: 14 * 24 * HOUR,
} as const;

/** Every SQS queue; names are completed with `trade-room-<stage>-`. */
export const queues = {
  /** One delayed message a connection: the delay is the time within which it must authenticate. */
  'auth-deadline': {
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
  /** Events that can never be delivered, and those whose broadcast failed before its first post, again and again. */
  'event-dead-letters': DEAD_LETTERS,
} as const;

export type QueueName = keyof typeof queues;
