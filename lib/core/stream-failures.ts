/** The lines of `logEvents` about what a room could not do with an event, and went on without. */
export const streamFailures = {
  event_skipped: {
    level: 'error',
    fields: ['roomId', 'epoch', 'seq', 'error'],
    optional: ['eventId', 'eventType'],
    meaning:
      'An event failed for a reason that does not pass. It is in the queue of event dead letters, its room goes on without it, and clients see the gap.',
  },
  event_not_dead_lettered: {
    level: 'error',
    fields: ['roomId', 'epoch', 'seq', 'error'],
    optional: ['eventId', 'eventType'],
    meaning:
      'The queue of event dead letters does not take an event that is skipped: this line is all of it.',
  },
  events_missing: {
    level: 'error',
    fields: ['roomId', 'epoch', 'fromSeq', 'toSeq', 'events'],
    meaning:
      'Between these numbers so many events were not sent, because the log has none of them: they expired before, or were skipped when they were logged. Clients see the gap.',
  },
  state_not_kept: {
    level: 'error',
    fields: ['roomId', 'epoch', 'seq', 'eventId', 'eventType', 'error'],
    meaning: 'A state was sent and cannot be kept: snapshots do not have it.',
  },
  states_not_renewed: {
    level: 'error',
    fields: ['roomId', 'epoch', 'error'],
    meaning:
      'States that nobody has published for weeks could not be kept for longer. The next delivery tries again.',
  },
  recovery_failed: {
    level: 'error',
    fields: ['connectionId', 'roomId', 'error'],
    meaning: 'What a client missed can be read at no time. It is told that it cannot recover.',
  },
} as const;
