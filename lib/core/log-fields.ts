/** What a field of a log line means, in whatever line it stands. By the ids one line leads to the next. */
export interface LogFields {
  connectionId: string;
  userId: string;
  /** As memberships and message groups have it. */
  roomId: string;
  /** The event's own id, or EventBridge's, if its publisher gave none. */
  eventId: string;
  /** EventBridge's id of the event, as PutEvents returns it. */
  busEventId: string;
  eventType: string;
  /** Those of one batch in the order of their numbers: at most ten. */
  eventIds: readonly string[];
  firstEventId: string;
  lastEventId: string;
  /** Of the SQS message. */
  messageId: string;
  /** The room's: numbers of events count within it. */
  epoch: string;
  seq: number;
  firstSeq: number;
  lastSeq: number;
  /** What a delivery covers: its own events, and those that newer ones superseded. */
  fromSeq: number;
  toSeq: number;
  /** SQS's number of the message in the room's group. */
  sequenceNumber: string;
  /** Epoch milliseconds. */
  publishedAt: number;
  expiresAt: number;
  /** Whether the client got all that it had missed. */
  recovered: boolean;
  /** Number of the last event that a client had when it came back. */
  since: number;
  /** Type of the client's message. */
  requestType: string;
  /** Of `error` frames, dead letters and close frames. */
  code: string;
  reason: string;
  /** Rooms that a connection was subscribed to, or has left behind. */
  rooms: number;
  /** Events of a delivery, or of an answer to a client that came back. */
  events: number;
  conflated: number;
  delivered: number;
  gone: number;
  expired: number;
  failed: number;
  throttledOut: number;
  late: number;
  throttled: number;
  posts: number;
  functions: number;
  /** `complete`, `out_of_time`, or `retry`: then the room is sent the events again. */
  status: string;
  durationMs: number;
  lagMs: number | undefined;
  membersPerSecond: number | undefined;
  /** What the canary did: `way`, the run and the step that failed. */
  way: string;
  runId: string;
  step: string | undefined;
  /** What was thrown. */
  error: unknown;
}
