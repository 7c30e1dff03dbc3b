import type { ClosingCode } from '../protocol/error-codes.ts';
import type { BroadcastResult } from './broadcast-result.ts';
import type { Connection, RoomEntry, User } from './connection/connection.ts';
import type { Member, Membership } from './connection/membership.ts';
import type { Log } from './log.ts';
import type { RoomLog } from './room-log.ts';

/** Epoch milliseconds. */
export type Clock = () => number;
export type Sleep = (milliseconds: number) => Promise<void>;
/** A number in [0, 1). */
export type Random = () => number;

/** When a connection may be marked as closing. The write itself checks it, so a late `auth` and the mark cannot both win. */
export type ClosingGuard = 'always' | 'if_unauthenticated' | 'if_token_expired';

/** `live`: the row was absent or off, and is on now. `superseded`: a row of the same or a newer version exists. */
export type MembershipWrite = 'live' | 'written' | 'superseded';

/**
 * Connections, memberships and room logs. Every write is one conditional write of one row. A write that returns
 * undefined was refused by its condition, and nothing has changed. A row whose TTL has passed counts as absent. Reads
 * are strongly consistent. Methods reject when the table cannot be reached.
 */
export interface Store extends RoomLog {
  createConnection(connection: { connectionId: string; connectedAt: number; ttl: number }): Promise<void>;
  getConnection(connectionId: string): Promise<Connection | undefined>;
  /** Sets the user of an `auth`. Refused if the connection is closing or expired, has another user, or has a later `auth`. */
  setUser(connectionId: string, auth: { user: User; sentAt: number }): Promise<Connection | undefined>;
  /** Sets a subscribe or an unsubscribe. Refused if a later one is set, or if there are too many rooms. */
  setRoom(connectionId: string, roomId: string, entry: RoomEntry): Promise<Connection | undefined>;
  /** Turns off a room that the user may not join. Refused if the connection has changed since it was read. */
  refuseRoom(connection: Connection, roomId: string): Promise<Connection | undefined>;
  /** Removes rooms that are off from the row. Refused if the connection has changed since it was read. */
  pruneRooms(connection: Connection, roomIds: readonly string[]): Promise<Connection | undefined>;
  markClosing(connectionId: string, code: ClosingCode, guard: ClosingGuard): Promise<Connection | undefined>;
  /** Returns the deleted connection. */
  deleteConnection(connectionId: string): Promise<Connection | undefined>;

  putMembership(membership: Membership): Promise<MembershipWrite>;
  /** Deletes the row unless it is newer than `version`. */
  deleteMembership(roomId: string, connectionId: string, version: number): Promise<void>;
  /** The next members of this slice that are on. Includes members with an expired token: the caller closes them. */
  readMembers(roomId: string, slice: RoomSlice): Promise<MembersPage>;
}

/**
 * A range of hash positions of a room's members. A member's position is a hash of its connection id: members spread
 * evenly, so the share of the positions is the share of the members. A position never changes, so slices that do not
 * overlap share no member, even while members join and leave.
 */
export interface RoomSlice {
  /** The first position. */
  from: number;
  /** The end of the range, exclusive. */
  to: number;
  /** The last row that was read; reading continues after it. Opaque outside the store. */
  after?: string;
}

/** The result of one Query. */
export interface MembersPage {
  /** Empty if all rows of the page are off. */
  members: readonly Member[];
  /** The rest of the slice; its `from` is the position that was reached. Undefined at the end. */
  rest: RoomSlice | undefined;
}

/**
 * The outcome of a post: `gone` is 410; `throttled` is 429; `unavailable` is 5xx or a broken connection; `timed_out` is
 * no answer in time; `refused` is another 4xx, which a repeat would not change; `not_sent`: no call was made.
 */
export type PostOutcome =
  | 'delivered'
  | 'gone'
  | 'throttled'
  | 'unavailable'
  | 'timed_out'
  | 'refused'
  | 'not_sent';

/** `@connections` of API Gateway. Never throws and never retries: the caller has the time budget. */
export interface Gateway {
  post(connectionId: string, frame: Uint8Array): Promise<PostOutcome>;
  /** Closes the connection. `delivered` means that it is closed. */
  close(connectionId: string): Promise<PostOutcome>;
}

/** How fast a function may post to API Gateway. */
export interface PostLimits {
  postsPerSecond: number;
  /** Posts that may start at once after a pause. */
  burst: number;
}

/** The share of a broadcast that one function delivers. */
export interface BroadcastWork {
  roomId: string;
  slice: RoomSlice;
  /** One frame an event, in order; not empty. */
  frames: readonly string[];
  limits: PostLimits;
}

/**
 * The result of a slice that a worker was invoked for. `not_run`: the worker did not start. `died`: it ended without a
 * result, and may have posted. `unknown`: it did not answer, and may still be posting.
 */
export type WorkerResult =
  | { outcome: 'done'; result: BroadcastResult }
  | { outcome: 'not_run' | 'died' | 'unknown'; error: unknown };

/** Invokes a worker for a slice, once, and waits for its result. Never throws. */
export type InvokeWorker = (work: BroadcastWork) => Promise<WorkerResult>;

/**
 * Verifies a token. `ok: false` gives a reason that quotes no part of the token. With `isRetryable` the token was not
 * refused but could not be checked yet. Rejects when the keys or the secret cannot be fetched.
 */
export type VerifyToken = (
  token: string,
) => Promise<{ ok: true; user: User } | { ok: false; reason: string; isRetryable?: true }>;

/** Queues a delivery request in the room stream. Two requests with the same `epoch` and `deliveredSeq` lead to one delivery. */
export type RequestDelivery = (
  roomId: string,
  position: { epoch: string; deliveredSeq: number },
) => Promise<void>;

/** Starts the deadline within which a connection must authenticate. */
export type ScheduleAuthDeadline = (connectionId: string) => Promise<void>;

/** The ports that every handler of a client message needs. */
export interface ConnectionDeps {
  store: Store;
  gateway: Gateway;
  clock: Clock;
  sleep: Sleep;
  random: Random;
  log: Log;
}
