import type { RequestId, Subscription } from '../../protocol/client-messages.ts';
import type { ClosingCode } from '../../protocol/error-codes.ts';
import type { RoomEcho } from '../../protocol/room-id.ts';

/** Who a token speaks for, and for how long. */
export interface User {
  userId: string;
  /** Epoch milliseconds; from this moment on the user gets nothing. */
  expiresAt: number;
  /** Rooms the user may join; `'*'` is every room. */
  rooms: '*' | readonly string[];
}

/** How a client asked for a room: an answer that comes later is as it wanted it. */
export interface RoomRequest extends Subscription {
  id?: RequestId;
  echo: RoomEcho;
}

/** The last word of the client about a room. Rooms that were left are kept for a while: an older message may still come. */
export interface RoomEntry {
  on: boolean;
  /** Off because the user may not join, and not because the client left. */
  refused?: true;
  /** `requestTimeEpoch` of the message. Of two messages the later sent wins, whichever Lambda ran first. */
  sentAt: number;
  request: RoomRequest;
}

/**
 * All that the client of one connection has said: the truth from which memberships are made.
 * It is created by `$connect` and by nothing else, so a message that outlives its connection cannot bring it back.
 */
export interface Connection {
  connectionId: string;
  /** Grows by one with every change. */
  version: number;
  /** Epoch seconds, DynamoDB's time to live. */
  ttl: number;
  user?: User;
  /** Why the connection is being closed. Once set, no message changes anything any more. */
  closing?: ClosingCode;
  /** `requestTimeEpoch` of the `auth` that set `user`. */
  authSentAt?: number;
  rooms: ReadonlyMap<string, RoomEntry>;
}

/** Whether a user may be in a room. The only place that decides it. */
export function mayJoin(user: User, roomId: string): boolean {
  return user.rooms === '*' || user.rooms.includes(roomId);
}

/**
 * What a connection is to a room: `pending` has subscribed but not authenticated; `forbidden` has subscribed but may
 * not join; only `live` gets the room's events.
 */
export type RoomState = 'off' | 'pending' | 'forbidden' | 'live';

export function roomState(connection: Connection, roomId: string): RoomState {
  const entry = connection.rooms.get(roomId);
  if (entry?.on !== true) return entry?.refused ? 'forbidden' : 'off';
  if (connection.user === undefined) return 'pending';
  return mayJoin(connection.user, roomId) ? 'live' : 'forbidden';
}
