import type { ClosingCode } from '../protocol/error-codes.ts';
import type { BroadcastResult } from './broadcast-result.ts';
import type { Connection, RoomEntry, User } from './connection/connection.ts';
import type { Log } from './log-events.ts';
import type { RoomLog } from './room-log.ts';

/** Epoch milliseconds. */
export type Clock = () => number;
export type Sleep = (milliseconds: number) => Promise<void>;
/** A number in [0, 1). */
export type Random = () => number;

/** When a connection may be marked as closing; checked in the write itself, so that a late `auth` and it cannot both win. */
export type ClosingGuard = 'always' | 'if_unauthenticated' | 'if_token_expired';

/**
 * A connection's place in a room: all that a broadcast must know of it. Written only if its version is newer, so the
 * order in which concurrent handlers write does not matter.
 */
export interface Membership {
  roomId: string;
  connectionId: string;
  /** Of the connection it was made from. */
  version: number;
  on: boolean;
  userId: string;
  /** Epoch milliseconds. */
  tokenExpiresAt: number;
  /** Takes several events in one frame. */
  batch: boolean;
  /** Epoch seconds; never later than the connection's. */
  ttl: number;
}

export type Member = Pick<Membership, 'connectionId' | 'tokenExpiresAt' | 'version' | 'batch'>;

/** `live`: the row was not there, or off, and is on now. `superseded`: a row of the same or a newer version was there. */
export type MembershipWrite = 'live' | 'written' | 'superseded';

/**
 * Connections, memberships and what rooms remember. Every write is one conditional write of one row; where it says "or undefined", the row
 * refused and nothing has changed. A row whose TTL has passed counts as absent. Reads are strongly consistent.
 */
export interface Store extends RoomLog {
  createConnection(connection: { connectionId: string; connectedAt: number; ttl: number }): Promise<void>;
  getConnection(connectionId: string): Promise<Connection | undefined>;
  /** Takes the user of an `auth`, unless the connection is closing, expired, another user's, or has a later `auth`. */
  setUser(connectionId: string, auth: { user: User; sentAt: number }): Promise<Connection | undefined>;
  /** Takes a subscribe or an unsubscribe, unless a later one was taken, or there are too many rooms. */
  setRoom(connectionId: string, roomId: string, entry: RoomEntry): Promise<Connection | undefined>;
  /** Turns a room off that the user may not join, unless anything has changed since `connection` was read. */
  refuseRoom(connection: Connection, roomId: string): Promise<Connection | undefined>;
  /** Drops rooms that are off, unless one of them has changed since `connection` was read. */
  forgetRooms(connection: Connection, roomIds: readonly string[]): Promise<Connection | undefined>;
  markClosing(connectionId: string, code: ClosingCode, guard: ClosingGuard): Promise<Connection | undefined>;
  /** Returns what was deleted. */
  deleteConnection(connectionId: string): Promise<Connection | undefined>;

  putMembership(membership: Membership): Promise<MembershipWrite>;
  /** Deletes the row unless it is newer than `version`. */
  deleteMembership(roomId: string, connectionId: string, version: number): Promise<void>;
  /** The next members of this part that are on. Expired tokens are included: the caller closes them. */
  readMembers(roomId: string, part: RoomSlice): Promise<MembersPage>;
}

/**
 * A part of a room. Members are spread evenly over the positions, so a part has as great a share of the members as of
 * the positions. A member never changes its position: parts that do not overlap have no member in common, whoever joins
 * and leaves meanwhile.
 */
export interface RoomSlice {
  /** The first position. */
  from: number;
  /** The position behind the last one. */
  to: number;
  /** The row behind which reading goes on, where some have been read; a store makes it, and only a store reads it. */
  after?: string;
}

/** What one Query has read. */
export interface MembersPage {
  /** None, where all the rows of the page are off. */
  members: readonly Member[];
  /** What is left of the part; its `from` is the position that has been reached. Undefined at the end. */
  rest: RoomSlice | undefined;
}

/**
 * What became of a post: `gone` 410, `throttled` 429, `unavailable` 5xx or no answer at all, `timed_out` cut off,
 * `refused` another 4xx, which a repeat would not change; `not_sent`, the call was not made.
 */
export type PostOutcome =
  | 'delivered'
  | 'gone'
  | 'throttled'
  | 'unavailable'
  | 'timed_out'
  | 'refused'
  | 'not_sent';

/** `@connections`. Never throws and never retries: outcomes are results, and the caller has the time budget. */
export interface Gateway {
  post(connectionId: string, frame: Uint8Array): Promise<PostOutcome>;
  /** Closes the connection; `delivered` means that it is closed. */
  close(connectionId: string): Promise<PostOutcome>;
}

/** What may be asked of API Gateway. */
export interface PostLimits {
  postsPerSecond: number;
  /** How many posts may be made at once when there were none before. */
  burst: number;
}

/** A part of a broadcast that another function can do. */
export interface BroadcastSlice {
  roomId: string;
  part: RoomSlice;
  /** The events' own frames, in order; not empty. */
  frames: readonly string[];
  limits: PostLimits;
}

/**
 * What became of a part that was handed to a worker: `not_run`, it was not started; `died`, it has ended without a
 * result, and may have posted; `unknown`, there was no answer, and it may still be posting.
 */
export type WorkerResult =
  | { outcome: 'done'; result: BroadcastResult }
  | { outcome: 'not_run' | 'died' | 'unknown'; error: unknown };

/** Has a worker do a part, once, and waits for it. Never throws. */
export type InvokeWorker = (work: BroadcastSlice) => Promise<WorkerResult>;

/**
 * `ok: false` says why, in words that name no part of the token; with `mayComeAgain` the token is not refused, it could not
 * be checked yet. Rejects when keys or secret cannot be had.
 */
export type VerifyToken = (
  token: string,
) => Promise<{ ok: true; user: User } | { ok: false; reason: string; mayComeAgain?: true }>;

/** Has a room's stream come back to its log. Asked twice at the same position, it comes once. */
export type RequestDelivery = (
  roomId: string,
  position: { epoch: string; deliveredSeq: number },
) => Promise<void>;

/** Starts the time within which a connection must authenticate. */
export type ScheduleAuthDeadline = (connectionId: string) => Promise<void>;

/** What every handler of a client message needs. */
export interface ConnectionDeps {
  store: Store;
  gateway: Gateway;
  clock: Clock;
  sleep: Sleep;
  random: Random;
  log: Log;
}
