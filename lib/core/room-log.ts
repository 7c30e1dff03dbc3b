import type { RoomEventType } from '../protocol/room-events.ts';

/** How far a room has come. It has one; whoever finds none begins a new epoch, in which numbers begin at 1. */
export interface Head {
  epoch: string;
  /** Number of the last event in the log; 0 before the first. */
  seq: number;
  /** Number of the last frame that every member has been sent, or of a later event that was lost before it was. */
  sent: number;
  /** Up to here events have been sent, or need not be. `sent` ≤ `flushed` ≤ `seq`. */
  flushed: number;
  /** When `flushed` was moved, epoch milliseconds, and how long it had taken. */
  flushedAt: number;
  flushMs: number;
  /** Of the lane's message that became event `seq`: what was logged already is known by it. Compares as text. */
  lastSequenceNumber: string;
  /** When last values that have lived long were renewed, epoch milliseconds. Absent in heads of a release before. */
  valuesRenewedAt?: number;
  /** Epoch seconds. */
  ttl: number;
}

/** An event with the number that it has for good: its position in the lane, whatever becomes of it. */
export interface LoggedEvent {
  seq: number;
  /** Of the lane's message. */
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

/** The last value of a state that was sent; of one that is over, the event that ended it. */
export type LastValue = LoggedEvent & { key: string };

/**
 * What a room remembers, in a partition of its own: the head, the events of an epoch, the last value of each state.
 * Rows beyond the head are of a writer that died, and count for nothing. A row whose TTL has passed counts as absent.
 * Reads are strongly consistent.
 */
export interface RoomLog {
  readHead(roomId: string): Promise<Head | undefined>;
  /** False where there is one already. */
  createHead(roomId: string, head: Head): Promise<boolean>;
  /** False where it is no longer what was read: another writer was faster, and this one must not go on. */
  moveHead(roomId: string, from: Head, to: Head): Promise<boolean>;
  /**
   * False where the row holds a later message of the lane: who writes so late has outlived its time, and where messages
   * were given up meanwhile, later ones have taken their numbers.
   */
  putEvent(roomId: string, epoch: string, event: LoggedEvent): Promise<boolean>;
  /** In order, from `after` (exclusive) to `upTo`; perhaps fewer, then `reached` is less than `upTo`. */
  readEvents(
    roomId: string,
    epoch: string,
    range: { after: number; upTo: number },
  ): Promise<{ events: readonly LoggedEvent[]; reached: number }>;
  /** Unless there is a value of a later message of the lane. */
  putLastValue(roomId: string, epoch: string, value: LastValue): Promise<void>;
  /** Of these states, at most a hundred. */
  readLastValues(roomId: string, epoch: string, keys: readonly string[]): Promise<readonly LastValue[]>;
  /** Of all states, a page at a time; `next` is where the following one begins. */
  readAllLastValues(
    roomId: string,
    epoch: string,
    from?: string,
  ): Promise<{ values: readonly LastValue[]; next: string | undefined }>;
}
