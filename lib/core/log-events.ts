import type { LogFields } from './log-fields.ts';
import { streamFailures } from './stream-failures.ts';

type Field = keyof LogFields;

interface LogEvent {
  /** `debug` is written for traced rooms only. */
  level: 'debug' | 'info' | 'warn' | 'error';
  fields: readonly Field[];
  /** Not in every line. */
  optional?: readonly Field[];
  meaning: string;
}

/**
 * Every line that the functions log: its name is its `message`. A name or an id that is missing here is a type error
 * there. No token, claim set or whole event is among the fields, and must not get there in a `reason` or an `error`.
 */
export const logEvents = {
  connected: {
    level: 'info',
    fields: ['connectionId'],
    meaning: 'A client has opened a connection.',
  },
  authenticated: {
    level: 'info',
    fields: ['connectionId', 'userId', 'expiresAt'],
    meaning: 'A token was accepted: the first of the connection, or a renewal.',
  },
  token_refused: {
    level: 'info',
    fields: ['connectionId', 'reason'],
    meaning: 'A token was refused, and the connection is closed. The client is not told the reason.',
  },
  token_not_checked: {
    level: 'warn',
    fields: ['connectionId', 'reason'],
    meaning:
      'A token may be of a new key or secret, and the issuer or Secrets Manager was asked too often to be asked again yet. The client was answered `internal`, keeps its connection and tries again.',
  },
  room_pending: {
    level: 'info',
    fields: ['connectionId', 'roomId'],
    meaning: 'A client has subscribed before it authenticated: `auth` completes it.',
  },
  room_subscribed: {
    level: 'info',
    fields: ['connectionId', 'userId', 'roomId', 'epoch', 'seq', 'recovered'],
    optional: ['since', 'events', 'reason'],
    meaning:
      'A client is subscribed: it gets every delivery behind `seq`. It was sent `events` that it had missed since `since`, or `reason` says why not.',
  },
  room_refused: {
    level: 'info',
    fields: ['connectionId', 'roomId', 'code'],
    optional: ['userId'],
    meaning: 'A client has asked for a room that it does not get.',
  },
  room_unsubscribed: {
    level: 'info',
    fields: ['connectionId', 'roomId'],
    optional: ['userId'],
    meaning: 'A client has left a room, or was not in it.',
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
      '`$disconnect` came: the client closed, or API Gateway did, with this close code. `rooms` is absent when the rows were deleted before.',
  },
  connect_failed: {
    level: 'error',
    fields: ['connectionId', 'error'],
    meaning: 'A connection could not be recorded, and was refused.',
  },
  disconnect_failed: {
    level: 'error',
    fields: ['connectionId', 'error'],
    meaning: 'The rows of a connection could not all be removed. The first 410 or their TTL removes them.',
  },
  answer_not_delivered: {
    level: 'warn',
    fields: ['connectionId', 'reason'],
    meaning:
      'The answer to a pending subscribe did not reach the client. Its connection is ended, but for `throttled`: then the client asks again.',
  },
  message_failed: {
    level: 'error',
    fields: ['connectionId', 'requestType', 'error'],
    meaning: 'A message of a client was answered with `internal`.',
  },
  auth_deadline_failed: {
    level: 'error',
    fields: ['messageId', 'error'],
    optional: ['connectionId'],
    meaning: 'A connection that did not authenticate could not be closed. Its deadline is delivered again.',
  },
  keys_not_fetched: {
    level: 'warn',
    fields: ['error'],
    meaning: 'The keys of the issuer were not there when a function started. The first token asks again.',
  },
  event_ingested: {
    level: 'debug',
    fields: ['eventId', 'busEventId', 'eventType', 'roomId', 'publishedAt', 'sequenceNumber'],
    meaning: 'An event has entered the stream of its room.',
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
    meaning: 'A message in a stream cannot be read. It is in the queue of event dead letters.',
  },
  room_message_not_dead_lettered: {
    level: 'error',
    fields: ['roomId', 'messageId', 'error'],
    meaning:
      'A message in a stream can be neither read nor dead-lettered. It is delivered again, with all behind it.',
  },
  room_message_retry_not_advanced: {
    level: 'error',
    fields: ['roomId', 'messageId', 'error'],
    meaning:
      'A message of a stream failed, and SQS did not accept the shorter wait. It is delivered again after the visibility timeout.',
  },
  events_logged: {
    level: 'info',
    fields: ['roomId', 'epoch', 'firstSeq', 'lastSeq', 'eventIds', 'sequenceNumber'],
    meaning:
      'A batch of events has its numbers and is in the log of its room. `sequenceNumber` is of the last.',
  },
  events_not_logged: {
    level: 'error',
    fields: ['roomId', 'eventIds', 'error'],
    meaning: 'A batch of events could not be logged. It is delivered again.',
  },
  ...streamFailures,
  event_superseded: {
    level: 'debug',
    fields: ['roomId', 'epoch', 'seq', 'eventId', 'eventType'],
    meaning: 'A state was not sent, because a newer one stands for it.',
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
      'conflated',
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
      'A room was sent `events`, from `firstSeq` to `lastSeq`. The counts are members, `throttled` and `posts` calls.',
  },
  delivery_not_counted: {
    level: 'error',
    fields: ['roomId', 'error'],
    meaning: 'The metrics of a delivery could not be written. Its log line has the figures.',
  },
  room_delivery_failed: {
    level: 'error',
    fields: ['roomId', 'error'],
    meaning: 'A room was not sent its events, or not all of its members were reached. It is sent them again.',
  },
  delivery_cut_short: {
    level: 'error',
    fields: ['roomId', 'error'],
    meaning:
      'A delivery ended before all members were reached. The delivery line says whether it is repeated.',
  },
  worker_failed: {
    level: 'error',
    fields: ['roomId', 'error'],
    meaning: 'A worker did not do its part of a large room. The broadcaster does it.',
  },
  worker_not_answered: {
    level: 'error',
    fields: ['roomId', 'error'],
    meaning: 'A worker may still be posting. The room is sent the events again.',
  },
  member_gone: {
    level: 'info',
    fields: ['roomId', 'connectionId'],
    meaning:
      'API Gateway does not know a member any more (410). Its rows are removed. At most 20 of a delivery are logged.',
  },
  member_throttled_out: {
    level: 'info',
    fields: ['roomId', 'connectionId'],
    meaning:
      'API Gateway refused a member frames with 429. It has a gap, and recovers when it sees it. At most 20 of a delivery are logged.',
  },
  member_late: {
    level: 'warn',
    fields: ['roomId', 'connectionId'],
    meaning:
      'The time of the delivery was up before the turn of a member. It has a gap, and recovers when it sees it. At most 20 of a delivery are logged.',
  },
  member_disconnected: {
    level: 'warn',
    fields: ['roomId', 'connectionId'],
    meaning:
      'A member did not get its frames, and was disconnected: it reconnects and recovers. At most 20 of a delivery are logged.',
  },
  member_delivery_failed: {
    level: 'error',
    fields: ['roomId', 'connectionId', 'error'],
    meaning: 'A member could not be served. It is disconnected.',
  },
  member_not_removed: {
    level: 'error',
    fields: ['roomId', 'connectionId', 'error'],
    meaning: 'The rows of a member that is gone could not be removed. The next delivery tries again.',
  },
  member_not_disconnected: {
    level: 'error',
    fields: ['roomId', 'connectionId', 'error'],
    meaning:
      'A member that did not get its frames could not be disconnected. The room is sent the events again.',
  },
  canary_passed: {
    level: 'info',
    fields: ['way', 'runId', 'roomId', 'durationMs'],
    meaning: 'The canary went through the stage, or from the bus to the log, and every step passed.',
  },
  canary_failed: {
    level: 'error',
    fields: ['way', 'runId', 'roomId', 'step', 'error'],
    meaning: 'The canary failed in this step.',
  },
} as const satisfies Record<string, LogEvent>;

export type LogEventName = keyof typeof logEvents;

type Of<Name extends LogEventName> = (typeof logEvents)[Name];
type Optional<Name extends LogEventName> =
  Of<Name> extends { optional: readonly Field[] } ? Of<Name>['optional'][number] : never;

/** The fields of one line. */
export type LogLine<Name extends LogEventName> = Pick<LogFields, Of<Name>['fields'][number]> & {
  [Key in Optional<Name>]?: LogFields[Key] | undefined;
};

/** Writes a line. Never throws, and must be given no token, claim set or whole event. */
export type Log = <Name extends LogEventName>(name: Name, fields: LogLine<Name>) => void;
