import type { ErrorCode } from '../../protocol/error-codes.ts';
import { MAX_ROOMS_PER_CONNECTION } from '../../protocol/limits.ts';
import type { Connection, User } from './connection.ts';

/** Rooms that a connection's row holds at most, including rooms that were left. */
export const MAX_REMEMBERED_ROOMS = 2 * MAX_ROOMS_PER_CONNECTION;

/**
 * How long the row keeps a room after the client left it. Milliseconds. No message is in flight for longer: API Gateway
 * waits 29 s for an integration, and no function of a route runs longer than its own timeout.
 */
export const PRUNE_ROOM_AFTER_MS = 60_000;

/** Why messages of a connection are no longer accepted. `unknown`: it has no row, or the TTL of the row has passed. */
type ConnectionRefusal = 'unknown' | 'closing' | 'token_expired';

/** Why a connection refused a write, by the row that was read afterwards. Undefined if it would accept the write now. */
export function connectionRefusal(
  connection: Connection | undefined,
  now: number,
): ConnectionRefusal | undefined {
  if (connection === undefined) return 'unknown';
  if (connection.closing !== undefined) return 'closing';
  if (connection.user !== undefined && connection.user.tokenExpiresAt <= now) return 'token_expired';
  return undefined;
}

interface RoomChange {
  roomId: string;
  on: boolean;
  sentAt: number;
}

export type RoomRefusal = 'superseded' | Extract<ErrorCode, 'too_many_rooms'> | 'too_many_remembered';

/** Why a connection refuses a change of a room. Undefined if it accepts the change. */
export function roomRefusal(connection: Connection, change: RoomChange): RoomRefusal | undefined {
  const entry = connection.rooms.get(change.roomId);
  if (entry !== undefined && isSuperseded(entry, change)) return 'superseded';
  const subscribed = [...connection.rooms.values()].filter((room) => room.on).length;
  if (change.on && entry?.on !== true && subscribed >= MAX_ROOMS_PER_CONNECTION) return 'too_many_rooms';
  if (entry === undefined && connection.rooms.size >= MAX_REMEMBERED_ROOMS) return 'too_many_remembered';
  return undefined;
}

// API Gateway dates messages in milliseconds. If a subscribe and an unsubscribe have the same time, the subscribe wins.
function isSuperseded(entry: { on: boolean; sentAt: number }, change: RoomChange): boolean {
  if (entry.sentAt !== change.sentAt) return entry.sentAt > change.sentAt;
  return entry.on && !change.on;
}

type AuthRefusal = 'user_mismatch' | 'superseded';

/** Why a connection refuses an `auth`. Undefined if it accepts it. */
export function authRefusal(
  connection: Connection,
  auth: { user: User; sentAt: number },
): AuthRefusal | undefined {
  if (connection.user === undefined) return undefined;
  if (connection.user.userId !== auth.user.userId) return 'user_mismatch';
  return (connection.authSentAt ?? 0) > auth.sentAt ? 'superseded' : undefined;
}

/** Rooms that the row can drop: the client left them so long ago that no older message can still arrive. */
export function prunableRooms(connection: Connection, now: number): string[] {
  return [...connection.rooms]
    .filter(([, room]) => !room.on && room.sentAt < now - PRUNE_ROOM_AFTER_MS)
    .map(([roomId]) => roomId);
}
