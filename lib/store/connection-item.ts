import type { Connection, RoomEntry, User } from '../core/connection.ts';
import type { ClosingCode } from '../protocol/error-codes.ts';
import type { Key } from './keys.ts';

/** A connection as DynamoDB keeps it. Rows of the previous release must stay readable: add attributes, never change one. */
export interface ConnectionItem extends Key {
  connectionId: string;
  version: number;
  connectedAt: number;
  ttl: number;
  userId?: string;
  tokenExpiresAt?: number;
  allowedRooms?: User['rooms'];
  authSentAt?: number;
  closing?: ClosingCode;
  rooms: Record<string, RoomItem>;
  /** The rooms that are on, as a set: a condition can count a set, but not entries that are on. */
  subscribed?: Set<string>;
}

interface RoomItem {
  on: boolean;
  refused?: true;
  sentAt: number;
  /** JSON: a request id may hold what DynamoDB's strings cannot, such as half a surrogate pair. */
  request: string;
}

/** Prefixed, because a room may be called `__proto__` or `constructor` and items are plain objects. */
export function roomAttribute(roomId: string): string {
  return `ROOM#${roomId}`;
}

export function roomItem({ on, sentAt, request }: RoomEntry): RoomItem {
  return { on, sentAt, request: JSON.stringify(request) };
}

export function connectionOf(item: ConnectionItem): Connection {
  const { connectionId, version, ttl, userId, tokenExpiresAt, allowedRooms, authSentAt, closing } = item;
  const rooms = new Map(
    Object.entries(item.rooms).map(([attribute, { on, refused, sentAt, request }]): [string, RoomEntry] => [
      attribute.slice(roomAttribute('').length),
      { on, sentAt, request: JSON.parse(request), ...(refused && { refused }) },
    ]),
  );
  const user =
    userId === undefined || tokenExpiresAt === undefined
      ? undefined
      : { userId, expiresAt: tokenExpiresAt, rooms: allowedRooms ?? [] };
  return {
    connectionId,
    version,
    ttl,
    rooms,
    ...(user !== undefined && { user }),
    ...(authSentAt !== undefined && { authSentAt }),
    ...(closing !== undefined && { closing }),
  };
}
