interface LogEvent {
  /** `debug` is written for traced rooms only. */
  level: 'debug' | 'info' | 'warn' | 'error';
  /** Names of `LogFields`; a name that `LogFields` lacks is a type error in `log.ts`. */
  fields: readonly string[];
  /** Fields that a line may lack. */
  optional?: readonly string[];
  meaning: string;
}

/**
 * Every line that the functions log; the key is the line's `message`. Functions can log no other line. No field holds a
 * token, a claim set or a whole event, and `reason` and `error` must not quote one.
 */
export const logEvents = {
  connected: {
    level: 'info',
    fields: ['connectionId'],
    meaning: 'A client opened a connection.',
  },
  authenticated: {
    level: 'info',
    fields: ['connectionId', 'userId', 'tokenExpiresAt'],
    meaning: 'A token was accepted: the first of the connection, or a renewal.',
  },
  token_refused: {
    level: 'info',
    fields: ['connectionId', 'reason'],
    meaning: 'A token was refused, and the connection is closed. The client does not learn the reason.',
  },
  token_not_checked: {
    level: 'warn',
    fields: ['connectionId', 'reason'],
    meaning:
      'A token was not checked, because the key or secret may be new and was fetched too often. The client gets `internal` and tries again.',
  },
  room_pending: {
    level: 'info',
    fields: ['connectionId', 'roomId'],
    meaning: 'A client subscribed before it authenticated. `auth` completes the subscription.',
  },
  room_subscribed: {
    level: 'info',
    fields: ['connectionId', 'userId', 'roomId', 'epoch', 'seq', 'recovered'],
    optional: ['since', 'events', 'reason'],
    meaning:
      'A client is subscribed and gets every event after `seq`. It got the `events` it had missed since `since`, or `reason` says why not.',
  },
  room_refused: {
    level: 'info',
    fields: ['connectionId', 'roomId', 'code'],
    optional: ['userId'],
    meaning: 'A client asked for a room and was refused.',
  },
  room_unsubscribed: {
    level: 'info',
    fields: ['connectionId', 'roomId'],
    optional: ['userId'],
    meaning: 'A client left a room, or was not in it.',
  },
  connection_closed: {
    level: 'info',
    fields: ['connectionId', 'code'],
    optional: ['userId'],
    meaning: 'The server sent an `error` frame with `code` to a connection and closed it.',
  },
  connection_not_closed: {
    level: 'warn',
    fields: ['connectionId', 'code'],
    meaning: 'API Gateway did not close a connection that must end. It gets no more events.',
  },
  disconnected: {
    level: 'info',
    fields: ['connectionId'],
    optional: ['userId', 'rooms', 'code'],
    meaning:
      '`$disconnect` arrived: the client or API Gateway closed with this close code. `rooms` is absent when the rows were deleted before.',
  },
  connect_failed: {
    level: 'error',
    fields: ['connectionId', 'error'],
    meaning: 'A connection could not be recorded, and was refused.',
  },
  disconnect_failed: {
    level: 'error',
    fields: ['connectionId', 'error'],
    meaning: 'Some rows of a connection could not be deleted. The first 410 or their TTL deletes them.',
  },
  answer_not_delivered: {
    level: 'warn',
    fields: ['connectionId', 'reason'],
    meaning:
      'The answer to a pending subscribe did not reach the client. The connection is closed, except after `throttled`: then the client asks again.',
  },
  message_failed: {
    level: 'error',
    fields: ['connectionId', 'requestType', 'error'],
    meaning: 'A client message failed and was answered with `internal`.',
  },
  auth_deadline_failed: {
    level: 'error',
    fields: ['messageId', 'error'],
    optional: ['connectionId'],
    meaning: 'A connection that did not authenticate could not be closed. The deadline message is retried.',
  },
  keys_not_fetched: {
    level: 'warn',
    fields: ['error'],
    meaning: "A starting function could not fetch the issuer's keys. The first token fetches them again.",
  },
  event_ingested: {
    level: 'debug',
    fields: ['eventId', 'busEventId', 'eventType', 'roomId', 'publishedAt', 'sequenceNumber'],
    meaning: 'An event entered the stream of its room.',
  },
  event_dead_lettered: {
    level: 'warn',
    fields: ['eventId', 'busEventId', 'eventType', 'code', 'reason'],
    optional: ['roomId'],
    meaning: 'An event can never be delivered. It is in the queue of event dead letters, with the reason.',
  },
  room_message_dead_lettered: {
    level: 'warn',
    fields: ['roomId', 'messageId', 'sequenceNumber'],
    meaning: 'A message of a room stream cannot be read. It is in the queue of event dead letters.',
  },
  room_message_not_dead_lettered: {
    level: 'error',
    fields: ['roomId', 'messageId', 'error'],
    meaning:
      'A message of a room stream can be neither read nor dead-lettered. It is retried, with all messages after it.',
  },
  room_message_retry_not_advanced: {
    level: 'error',
    fields: ['roomId', 'messageId', 'error'],
    meaning:
      'A message of a room stream failed, and SQS did not accept the shorter wait. It is retried after the visibility timeout.',
  },
  events_logged: {
    level: 'info',
    fields: ['roomId', 'epoch', 'firstSeq', 'lastSeq', 'eventIds', 'sequenceNumber'],
    meaning: 'A batch of events is numbered and logged. `sequenceNumber` belongs to the last event.',
  },
  events_not_logged: {
    level: 'error',
    fields: ['roomId', 'eventIds', 'error'],
    meaning: 'A batch of events could not be logged. It is retried.',
  },
  events_ignored: {
    level: 'warn',
    fields: ['roomId', 'epoch', 'seq', 'events', 'eventIds', 'sequenceNumber', 'lastSequenceNumber'],
    meaning:
      '`events` redelivered events were not logged, because the log counts every message up to `lastSequenceNumber`. Once is normal after a crash. If it goes on, the queue was replaced: see [a replaced queue](runbook.md#a-replaced-queue).',
  },
  event_skipped: {
    level: 'error',
    fields: ['roomId', 'epoch', 'seq', 'error'],
    optional: ['eventId', 'eventType'],
    meaning:
      'An event failed permanently. It is in the queue of event dead letters; its room continues, and clients see the gap.',
  },
  event_not_dead_lettered: {
    level: 'error',
    fields: ['roomId', 'epoch', 'seq', 'error'],
    optional: ['eventId', 'eventType'],
    meaning:
      'The queue of event dead letters refused a skipped event. This line is all that is left of the event.',
  },
  events_missing: {
    level: 'error',
    fields: ['roomId', 'epoch', 'fromSeq', 'toSeq', 'events'],
    meaning:
      '`events` numbers in this range have no event in the log: the events expired or were skipped. Clients see the gap.',
  },
  retained_value_not_saved: {
    level: 'error',
    fields: ['roomId', 'epoch', 'seq', 'eventId', 'eventType', 'error'],
    meaning: 'A state was sent, but its retained value could not be saved. Snapshots lack it.',
  },
  retained_values_not_renewed: {
    level: 'error',
    fields: ['roomId', 'epoch', 'error'],
    meaning: 'The TTL of retained values could not be extended. The next delivery tries again.',
  },
  recovery_failed: {
    level: 'error',
    fields: ['connectionId', 'roomId', 'error'],
    meaning: 'What a client missed can never be read. The client is told that it cannot recover.',
  },
  event_superseded: {
    level: 'debug',
    fields: ['roomId', 'epoch', 'seq', 'eventId', 'eventType'],
    meaning: 'A state was not sent, because a newer value of it is sent or was sent.',
  },
  delivery: {
    level: 'info',
    fields: [
      'roomId',
      'epoch',
      'fromSeq',
      'toSeq',
      'firstSeq',
      'lastSeq',
      'firstEventId',
      'lastEventId',
      'events',
      'superseded',
      'delivered',
      'gone',
      'expired',
      'failed',
      'throttledOut',
      'late',
      'throttled',
      'posts',
      'functions',
      'status',
      'durationMs',
      'lagMs',
      'membersPerSecond',
    ],
    meaning:
      'A room was sent `events`, from `firstSeq` to `lastSeq`. Outcome counts are members; `throttled` and `posts` are calls.',
  },
  delivery_not_counted: {
    level: 'error',
    fields: ['roomId', 'error'],
    meaning: 'The metrics of a delivery could not be written. The `delivery` line has the numbers.',
  },
  room_delivery_failed: {
    level: 'error',
    fields: ['roomId', 'error'],
    meaning: 'A delivery to a room failed, or did not reach all members. It is retried.',
  },
  delivery_cut_short: {
    level: 'error',
    fields: ['roomId', 'error'],
    meaning:
      'A delivery ended before all members were reached. `status` of the `delivery` line says whether it is retried.',
  },
  worker_failed: {
    level: 'error',
    fields: ['roomId', 'error'],
    meaning: 'A worker did not finish its slice of a large room. The broadcaster delivers the slice.',
  },
  worker_not_answered: {
    level: 'error',
    fields: ['roomId', 'error'],
    meaning: 'A worker did not answer and may still be posting. The delivery is retried.',
  },
  member_gone: {
    level: 'info',
    fields: ['roomId', 'connectionId'],
    meaning: 'API Gateway answered 410 for a member. Its rows are deleted. At most 20 lines a delivery.',
  },
  member_throttled_out: {
    level: 'info',
    fields: ['roomId', 'connectionId'],
    meaning:
      'API Gateway refused frames to a member with 429. The member sees the gap and recovers. At most 20 lines a delivery.',
  },
  member_late: {
    level: 'warn',
    fields: ['roomId', 'connectionId'],
    meaning:
      'The delivery ran out of time before it reached a member. The member sees the gap and recovers. At most 20 lines a delivery.',
  },
  member_disconnected: {
    level: 'warn',
    fields: ['roomId', 'connectionId'],
    meaning:
      'A member did not get its frames and was disconnected. It reconnects and recovers. At most 20 lines a delivery.',
  },
  member_delivery_failed: {
    level: 'error',
    fields: ['roomId', 'connectionId', 'error'],
    meaning: 'Posting to a member threw an error. The member is disconnected.',
  },
  member_not_removed: {
    level: 'error',
    fields: ['roomId', 'connectionId', 'error'],
    meaning: 'The rows of a member that is gone could not be deleted. The next delivery tries again.',
  },
  member_not_disconnected: {
    level: 'error',
    fields: ['roomId', 'connectionId', 'error'],
    meaning: 'A member that did not get its frames could not be disconnected. The delivery is retried.',
  },
  canary_passed: {
    level: 'info',
    fields: ['target', 'runId', 'roomId', 'durationMs'],
    meaning: 'The canary passed every step through the stage, or from the bus to the log.',
  },
  canary_failed: {
    level: 'error',
    fields: ['target', 'runId', 'roomId', 'step', 'error'],
    meaning: 'The canary failed in this step.',
  },
} as const satisfies Record<string, LogEvent>;
