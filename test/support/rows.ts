import type { Connection, RoomEntry, User } from '../../lib/core/connection/connection.ts';
import type { Member, Membership } from '../../lib/core/connection/membership.ts';
import type { Cursor } from '../../lib/core/room-log.ts';
import { START } from './virtual-time.ts';

/** A moment after START at which every token and row is still valid. */
const LATER = START + 3_600_000;
/** The TTL of rows at START: that of a connection, in epoch seconds. */
export const TTL = START / 1000 + 7_800;

/** A user who may join every room. */
export const aUser = (differences: Partial<User> = {}): User => ({
  userId: 'alice',
  tokenExpiresAt: LATER,
  allowedRooms: '*',
  ...differences,
});

/** A connection that has not authenticated and is in no room. */
export const aConnection = (differences: Partial<Connection> = {}): Connection => ({
  connectionId: 'c',
  version: 1,
  ttl: TTL,
  rooms: new Map(),
  ...differences,
});

/** What a connection's row says of a room that it has asked for. */
export const aRoomEntry = (differences: Partial<RoomEntry> = {}): RoomEntry => ({
  on: true,
  sentAt: START,
  request: { echo: {} },
  ...differences,
});

/** A membership that is on, of a client that takes single frames. */
export const aMembership = (differences: Partial<Membership> = {}): Membership => ({
  roomId: 'r',
  connectionId: 'c',
  version: 1,
  on: true,
  userId: 'alice',
  tokenExpiresAt: LATER,
  batch: false,
  ttl: TTL,
  ...differences,
});

/** What a broadcast reads of a membership. */
export const aMember = (differences: Partial<Member> = {}): Member => ({
  connectionId: 'c',
  tokenExpiresAt: LATER,
  version: 1,
  batch: false,
  ...differences,
});

/** The cursor of a room without events. */
export const aCursor = (differences: Partial<Cursor> = {}): Cursor => ({
  epoch: 'e',
  seq: 0,
  lastFrameSeq: 0,
  deliveredSeq: 0,
  deliveredAt: 0,
  deliveryMs: 0,
  lastSequenceNumber: '',
  ttl: TTL,
  ...differences,
});
