import type { RequestId, Subscription } from '../../protocol/client-messages.ts';
import type { ClosingCode } from '../../protocol/error-codes.ts';
import type { RoomEcho } from '../../protocol/room-id.ts';

/** The user that a token identifies, and the limits of the token. */
export interface User {
  userId: string;
  /** Epoch milliseconds. From this moment on, the connection gets no events. */
  tokenExpiresAt: number;
  /** Rooms the user may join; `'*'` is every room. */
  allowedRooms: '*' | readonly string[];
}

/** How a client asked for a room. Kept, so that an answer sent later has the form that the client asked for. */
export interface RoomRequest extends Subscription {
  id?: RequestId;
  echo: RoomEcho;
}

/** The client's latest message about a room. Kept for a minute after leaving, because an older message may still arrive. */
export interface RoomEntry {
  on: boolean;
  /** Present if the room is off because the user may not join; absent if the client left. */
  refused?: true;
  /** `requestTimeEpoch` of the message. The message sent later wins, in whatever order the functions run. */
  sentAt: number;
  request: RoomRequest;
}

/**
 * All that the client of one connection has requested. Memberships are derived from it. Only `$connect` creates it, so a
 * message that arrives after the connection ended cannot create it again.
 */
export interface Connection {
  connectionId: string;
  /** Incremented by every change. */
  version: number;
  /** Epoch seconds; DynamoDB's time to live. */
  ttl: number;
  user?: User;
  /** Why the connection is being closed. Once it is set, no message changes the connection. */
  closing?: ClosingCode;
  /** `requestTimeEpoch` of the `auth` that set `user`. */
  authSentAt?: number;
  rooms: ReadonlyMap<string, RoomEntry>;
}

/** Whether a user may join a room. Nothing else decides this. */
function mayJoin(user: User, roomId: string): boolean {
  return user.allowedRooms === '*' || user.allowedRooms.includes(roomId);
}

/**
 * The state of a connection's subscription to a room. `pending`: subscribed, not authenticated. `forbidden`: subscribed,
 * but the user may not join. `live`: gets the room's events.
 */
export type SubscriptionState = 'off' | 'pending' | 'forbidden' | 'live';

export function subscriptionState(connection: Connection, roomId: string): SubscriptionState {
  const entry = connection.rooms.get(roomId);
  if (entry?.on !== true) return entry?.refused ? 'forbidden' : 'off';
  if (connection.user === undefined) return 'pending';
  return mayJoin(connection.user, roomId) ? 'live' : 'forbidden';
}
