import { createHash } from 'node:crypto';

/** Names of the key attributes; the table of the stack is made with them. */
export const PARTITION_KEY = 'pk';
export const SORT_KEY = 'sk';
export const TIME_TO_LIVE = 'ttl';

export interface Key {
  pk: string;
  sk: string;
}

const HASH_LENGTH = 8;
/** As many digits as a safe integer can have. */
const SEQ_LENGTH = 16;

export function connectionKey(connectionId: string): Key {
  return { pk: `CONNECTION#${connectionId}`, sk: 'CONNECTION' };
}

/** The members of a room are one item collection, apart from whatever else is kept of the room. */
export function roomPartition(roomId: string): string {
  return `ROOM#${roomId}#MEMBERS`;
}

/** What a room remembers: its cursor, its events, the retained values of its states. */
export function logPartition(roomId: string): string {
  return `ROOM#${roomId}#LOG`;
}

export function cursorKey(roomId: string): Key {
  return { pk: logPartition(roomId), sk: 'CURSOR' };
}

/** Events of one epoch follow each other by their numbers. */
export function eventKey(roomId: string, epoch: string, seq: number): Key {
  return { pk: logPartition(roomId), sk: `EVENT#${epoch}#${String(seq).padStart(SEQ_LENGTH, '0')}` };
}

/** By a hash: the id of a position may be longer than a sort key. */
export function retainedValueKey(roomId: string, epoch: string, key: string): Key {
  return { pk: logPartition(roomId), sk: `${retainedValuePrefix(epoch)}${sha256(key)}` };
}

export function retainedValuePrefix(epoch: string): string {
  return `VALUE#${epoch}#`;
}

/**
 * The sort key begins with a hash, the member's position: connection ids of one moment look alike, hashes are spread
 * evenly. So a hot room can split over DynamoDB's partitions, and a part of the key range holds a like part of the
 * members.
 */
export function membershipKey(roomId: string, connectionId: string): Key {
  const hash = sha256(connectionId).slice(0, HASH_LENGTH);
  return { pk: roomPartition(roomId), sk: `${hash}#${connectionId}` };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export function connectionIdOf(sortKey: string): string {
  return sortKey.slice(HASH_LENGTH + 1);
}

export function positionOf(sortKey: string): number {
  return Number.parseInt(sortKey.slice(0, HASH_LENGTH), 16);
}

/** The first and the last sort key that can be in these positions, both inclusive, as BETWEEN wants them. */
export function sortKeysOf({ from, to }: { from: number; to: number }): { first: string; last: string } {
  // `$` comes right after `#`: the key is behind every row of its position and before the next position.
  return { first: hashAt(from), last: `${hashAt(to - 1)}$` };
}

function hashAt(position: number): string {
  return position.toString(16).padStart(HASH_LENGTH, '0');
}
