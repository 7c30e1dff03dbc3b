/**
 * Which events of the bus are taken in: all of the Trade Room's services. The type is not part of the pattern: an
 * event with a misspelt type must become a dead letter with its reason, not vanish.
 */
export const eventRule = {
  name: 'intake',
  pattern: { source: ['trade-room', { prefix: 'trade-room.' }] },
  function: 'intake',
  /** Lambda's own retries of the asynchronous invocation. */
  maximumRetryAttempts: 2,
  /** All of its retries must fall into the five minutes in which SQS knows an event that comes again. */
  maximumEventAgeSeconds: 220,
  /** How long EventBridge itself tries to hand an event to Lambda: its own default is a day. */
  maximumDeliveryAgeSeconds: 60,
  /** Gets the events that EventBridge could not deliver, that Lambda gave up, and that the handler dead-letters. */
  deadLetterQueue: 'event-dead-letters',
} as const;
