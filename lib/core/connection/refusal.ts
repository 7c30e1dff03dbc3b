import { MAX_ROOMS_PER_CONNECTION } from '../../protocol/limits.ts';
import type { Connection, User } from './connection.ts';

/** Rooms a connection's row remembers, those it has left included. */
export const MAX_REMEMBERED_ROOMS = 2 * MAX_ROOMS_PER_CONNECTION;

/**
 * How long a room that was left is remembered. A message cannot be under way for longer: API Gateway waits 29 s for
 * an integration, and no function of a route runs for longer than its own timeout.
 */
export const FORGET_ROOM_AFTER_MS = 60_000;

/** Why no message of this connection is taken any more. `unknown`: it has no row, or one whose TTL has passed. */
type ConnectionRefusal = 'unknown' | 'closing' | 'token_expired';

/** A decision about a row that was read after it had refused a write; `undefined` where it would take the write now. */
export function connectionRefusal(
  connection: Connection | undefined,
  now: number,
): ConnectionRefusal | undefined {
  if (connection === undefined) return 'unknown';
  if (connection.closing !== undefined) return 'closing';
  if (connection.user !== undefined && connection.user.expiresAt <= now) return 'token_expired';
  return undefined;
}

interface RoomChange {
  roomId: string;
  on: boolean;
  sentAt: number;
}

export type RoomRefusal = 'superseded' | 'too_many_rooms' | 'too_many_remembered';

export function roomRefusal(connection: Connection, change: RoomChange): RoomRefusal | undefined {
  const entry = connection.rooms.get(change.roomId);
  if (entry !== undefined && isSuperseded(entry, change)) return 'superseded';
  const subscribed = [...connection.rooms.values()].filter((room) => room.on).length;
  if (change.on && entry?.on !== true && subscribed >= MAX_ROOMS_PER_CONNECTION) return 'too_many_rooms';
  if (entry === undefined && connection.rooms.size >= MAX_REMEMBERED_ROOMS) return 'too_many_remembered';
  return undefined;
}

// The clock of API Gateway counts milliseconds; of a subscribe and an unsubscribe within one, the subscribe wins.
function isSuperseded(entry: { on: boolean; sentAt: number }, change: RoomChange): boolean {
  if (entry.sentAt !== change.sentAt) return entry.sentAt > change.sentAt;
  return entry.on && !change.on;
}

type AuthRefusal = 'user_mismatch' | 'superseded';

export function authRefusal(
  connection: Connection,
  auth: { user: User; sentAt: number },
): AuthRefusal | undefined {
  if (connection.user === undefined) return undefined;
  if (connection.user.userId !== auth.user.userId) return 'user_mismatch';
  return (connection.authSentAt ?? 0) > auth.sentAt ? 'superseded' : undefined;
}

/** Rooms left so long ago that no older message can still come. */
export function forgettableRooms(connection: Connection, now: number): string[] {
  return [...connection.rooms]
    .filter(([, room]) => !room.on && room.sentAt < now - FORGET_ROOM_AFTER_MS)
    .map(([roomId]) => roomId);
}
