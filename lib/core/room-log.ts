import type { RoomEventType } from '../protocol/room-events.ts';

/**
 * How far a room has come: what is logged and what is delivered. A room has one cursor. A room without a cursor gets a
 * new one with a new epoch, in which numbers start at 1.
 */
export interface Cursor {
  epoch: string;
  /** Number of the last event in the log; 0 before the first. */
  seq: number;
  /**
   * The `prev` of the next frame: the number of the last frame. If a later event expired or was skipped, its number, so
   * that clients see the gap.
   */
  lastFrameSeq: number;
  /** Every event up to this number was sent, superseded, or is missing. `lastFrameSeq` ≤ `deliveredSeq` ≤ `seq`. */
  deliveredSeq: number;
  /** When the last delivery ended. Epoch milliseconds. */
  deliveredAt: number;
  /** How long the last delivery took. Milliseconds. */
  deliveryMs: number;
  /**
   * SQS's number of the message that became event `seq`. Messages up to this number are logged already. Compares as
   * text.
   */
  lastSequenceNumber: string;
  /** When the TTLs of retained values were last extended. Epoch milliseconds. Absent in cursors of an older release. */
  valuesRenewedAt?: number;
  /** Epoch seconds. */
  ttl: number;
}

/** An event with its final number, which it keeps even if it is never sent. */
export interface LoggedEvent {
  seq: number;
  /** SQS's number of the event's message. */
  sequenceNumber: string;
  type: RoomEventType;
  id: string;
  /** Epoch milliseconds. */
  publishedAt: number;
  /** JSON. */
  data: string;
  /** The state that the event sets or ends. Absent if it belongs to no state. */
  key?: string;
  /** Epoch seconds. */
  ttl: number;
}

/** The newest event of a state that was sent. For a state that has ended, the event that ended it. */
export type RetainedValue = LoggedEvent & { key: string };

/** Keys that one BatchGetItem reads at most. A test compares it with the limit of AWS. */
export const MAX_STATES_A_READ = 100;

/**
 * The log of a room, in a partition of its own: the cursor, the events of an epoch, and the retained value of each
 * state. Event rows beyond the cursor are from a writer that crashed, and do not count. A row whose TTL has passed
 * counts as absent. Reads are strongly consistent.
 */
export interface RoomLog {
  readCursor(roomId: string): Promise<Cursor | undefined>;
  /** False if the room has a cursor already. */
  createCursor(roomId: string, cursor: Cursor): Promise<boolean>;
  /** False if the stored cursor is no longer `from`: another writer was faster, and this one must stop. */
  advanceCursor(roomId: string, from: Cursor, to: Cursor): Promise<boolean>;
  /**
   * False if the stored row is from a later queue message. That happens to a function that ran longer than its visibility
   * timeout: its messages were dead-lettered before they were logged, and later messages got their numbers.
   */
  putEvent(roomId: string, epoch: string, event: LoggedEvent): Promise<boolean>;
  /** Events in order, from `after` (exclusive) to `upTo`. One call may stop earlier: then `reached` is below `upTo`. */
  readEvents(
    roomId: string,
    epoch: string,
    range: { after: number; upTo: number },
  ): Promise<{ events: readonly LoggedEvent[]; reached: number }>;
  /** Writes the value, unless the stored one is from a later queue message. */
  putRetainedValue(roomId: string, epoch: string, value: RetainedValue): Promise<void>;
  /** The values of these states; at most `MAX_STATES_A_READ` keys. */
  readRetainedValues(
    roomId: string,
    epoch: string,
    keys: readonly string[],
  ): Promise<readonly RetainedValue[]>;
  /** One page of the values of all states. `next` is the `from` of the next page; undefined at the end. */
  readAllRetainedValues(
    roomId: string,
    epoch: string,
    from?: string,
  ): Promise<{ values: readonly RetainedValue[]; next: string | undefined }>;
}
