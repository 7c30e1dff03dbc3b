import type { ErrorCode } from '../protocol/error-codes.ts';
import type { EventRefusal } from '../protocol/parse-room-event.ts';
import type { BroadcastResult } from './broadcast-result.ts';
import type { logEvents } from './log-events.ts';

/** The fields of log lines. A field has the same meaning in every line, so ids connect the lines of one event. */
export interface LogFields {
  connectionId: string;
  userId: string;
  /** The room id in its canonical form, as in memberships and message groups. */
  roomId: string;
  /** The id that the publisher gave the event, or EventBridge's id if the publisher gave none. */
  eventId: string;
  /** EventBridge's id of the event, as PutEvents returns it. */
  busEventId: string;
  eventType: string;
  /** The ids of one batch, in the order of their numbers; at most ten. */
  eventIds: readonly string[];
  firstEventId: string;
  lastEventId: string;
  /** The id of the SQS message. */
  messageId: string;
  /** The epoch of the room. Event numbers count within an epoch. */
  epoch: string;
  seq: number;
  firstSeq: number;
  lastSeq: number;
  /** The range that a delivery covers: the events it sent, and the superseded ones. */
  fromSeq: number;
  toSeq: number;
  /** The number that SQS gave the message in the room's message group. */
  sequenceNumber: string;
  /** The number of the last message that the log of the room counts. */
  lastSequenceNumber: string;
  /** Epoch milliseconds. */
  publishedAt: number;
  tokenExpiresAt: number;
  /** Whether the client got everything that it had missed. */
  recovered: boolean;
  /** Number of the last event that a returning client has. */
  since: number;
  /** Type of the client message. */
  requestType: string;
  /** The code of an `error` frame or of a dead letter, or the number of a close frame. */
  code: ErrorCode | EventRefusal | `${number}`;
  reason: string;
  /** Number of rooms that a connection was subscribed to when it ended. */
  rooms: number;
  /** Number of events in a delivery, or in the answer to a returning client. */
  events: number;
  superseded: number;
  delivered: number;
  gone: number;
  expired: number;
  failed: number;
  throttledOut: number;
  late: number;
  throttled: number;
  posts: number;
  functions: number;
  /** After `retry` the room is sent the events again. */
  status: BroadcastResult['status'];
  durationMs: number;
  lagMs: number | undefined;
  membersPerSecond: number | undefined;
  /** The canary's target (`bus` or `stage`), its run, and the step that failed. */
  target: string;
  runId: string;
  step: string | undefined;
  /** The value that was thrown. */
  error: unknown;
}

export type LogEventName = keyof typeof logEvents;

type Event<Name extends LogEventName> = (typeof logEvents)[Name];
type Optional<Name extends LogEventName> =
  Event<Name> extends { optional: readonly (keyof LogFields)[] } ? Event<Name>['optional'][number] : never;

/** The fields of one line. */
type LogLine<Name extends LogEventName> = Pick<LogFields, Event<Name>['fields'][number]> & {
  [Key in Optional<Name>]?: LogFields[Key] | undefined;
};

/** Writes a line. Never throws. Callers must pass no token, claim set or whole event. */
export type Log = <Name extends LogEventName>(name: Name, fields: LogLine<Name>) => void;
