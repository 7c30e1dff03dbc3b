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
  /** Gets what EventBridge could not hand over, what Lambda gave up on, and what the handler puts aside. */
  deadLetterQueue: 'event-dead-letters',
} as const;
