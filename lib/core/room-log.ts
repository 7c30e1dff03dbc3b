import type { RoomEventType } from '../protocol/room-events.ts';

/** How far a room has come. It has one; whoever finds none begins a new epoch, in which numbers begin at 1. */
export interface Cursor {
  epoch: string;
  /** Number of the last event in the log; 0 before the first. */
  seq: number;
  /** Number of the last frame that every member has been sent, or of a later event that was lost before it was. */
  lastFrameSeq: number;
  /** Up to here events have been sent, or need not be. `lastFrameSeq` ≤ `deliveredSeq` ≤ `seq`. */
  deliveredSeq: number;
  /** When `deliveredSeq` was moved, epoch milliseconds, and how long it had taken. */
  deliveredAt: number;
  deliveryMs: number;
  /** Of the stream's message that became event `seq`: what was logged already is known by it. Compares as text. */
  lastSequenceNumber: string;
  /** When retained values that have lived long were renewed, epoch milliseconds. Absent in cursors of a release before. */
  valuesRenewedAt?: number;
  /** Epoch seconds. */
  ttl: number;
}

/** An event with the number that it has for good: its position in the stream, whatever becomes of it. */
export interface LoggedEvent {
  seq: number;
  /** Of the stream's message. */
  sequenceNumber: string;
  type: RoomEventType;
  id: string;
  /** Epoch milliseconds. */
  publishedAt: number;
  /** JSON. */
  data: string;
  /** The state that it is a value of, or ends. */
  key?: string;
  /** Epoch seconds. */
  ttl: number;
}

/** The retained value of a state that was sent; of one that is over, the event that ended it. */
export type RetainedValue = LoggedEvent & { key: string };

/**
 * What a room remembers, in a partition of its own: the cursor, the events of an epoch, the retained value of each state.
 * Rows beyond the cursor are of a writer that died, and count for nothing. A row whose TTL has passed counts as absent.
 * Reads are strongly consistent.
 */
export interface RoomLog {
  readCursor(roomId: string): Promise<Cursor | undefined>;
  /** False where there is one already. */
  createCursor(roomId: string, cursor: Cursor): Promise<boolean>;
  /** False where it is no longer what was read: another writer was faster, and this one must not go on. */
  advanceCursor(roomId: string, from: Cursor, to: Cursor): Promise<boolean>;
  /**
   * False where the row holds a later message of the stream: who writes so late has outlived its time, and where messages
   * were given up meanwhile, later ones have taken their numbers.
   */
  putEvent(roomId: string, epoch: string, event: LoggedEvent): Promise<boolean>;
  /** In order, from `after` (exclusive) to `upTo`; perhaps fewer, then `reached` is less than `upTo`. */
  readEvents(
    roomId: string,
    epoch: string,
    range: { after: number; upTo: number },
  ): Promise<{ events: readonly LoggedEvent[]; reached: number }>;
  /** Unless there is a value of a later message of the stream. */
  putRetainedValue(roomId: string, epoch: string, value: RetainedValue): Promise<void>;
  /** Of these states, at most a hundred. */
  readRetainedValues(
    roomId: string,
    epoch: string,
    keys: readonly string[],
  ): Promise<readonly RetainedValue[]>;
  /** Of all states, a page at a time; `next` is where the following one begins. */
  readAllRetainedValues(
    roomId: string,
    epoch: string,
    from?: string,
  ): Promise<{ values: readonly RetainedValue[]; next: string | undefined }>;
}
