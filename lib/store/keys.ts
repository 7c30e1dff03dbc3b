import { createHash } from 'node:crypto';

/** Names of the key attributes, also used by the table's definition. */
export const PARTITION_KEY = 'pk';
export const SORT_KEY = 'sk';
export const TIME_TO_LIVE = 'ttl';

export interface Key {
  pk: string;
  sk: string;
}

const HASH_LENGTH = 8;
/** The digits of the largest safe integer. */
const SEQ_LENGTH = 16;

export function connectionKey(connectionId: string): Key {
  return { pk: `CONNECTION#${connectionId}`, sk: 'CONNECTION' };
}

/** The partition of a room's members. Separate from the room's log, so that a Query of members reads nothing else. */
export function roomPartition(roomId: string): string {
  return `ROOM#${roomId}#MEMBERS`;
}

/** The partition of a room's log: cursor, events and retained values. */
export function logPartition(roomId: string): string {
  return `ROOM#${roomId}#LOG`;
}

export function cursorKey(roomId: string): Key {
  return { pk: logPartition(roomId), sk: 'CURSOR' };
}

/** The key of an event. The sort keys of one epoch are in the order of the numbers. */
export function eventKey(roomId: string, epoch: string, seq: number): Key {
  return { pk: logPartition(roomId), sk: `EVENT#${epoch}#${String(seq).padStart(SEQ_LENGTH, '0')}` };
}

/** The key of a retained value. Contains a hash of the state, because a position's id may be longer than a sort key. */
export function retainedValueKey(roomId: string, epoch: string, key: string): Key {
  return { pk: logPartition(roomId), sk: `${retainedValuePrefix(epoch)}${sha256(key)}` };
}

export function retainedValuePrefix(epoch: string): string {
  return `VALUE#${epoch}#`;
}

/**
 * The key of a membership. The sort key begins with a hash of the connection id, the member's position. Connection ids of
 * one moment are similar, but hashes spread evenly: DynamoDB can split a hot room over partitions, and a share of the key
 * range holds the same share of the members.
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

/** The first and the last sort key in a range of positions; both are inclusive, for BETWEEN. */
export function sortKeysOf({ from, to }: { from: number; to: number }): { first: string; last: string } {
  // `$` follows `#` in ASCII: this key sorts after every row of its position and before the next position.
  return { first: hashAt(from), last: `${hashAt(to - 1)}$` };
}

function hashAt(position: number): string {
  return position.toString(16).padStart(HASH_LENGTH, '0');
}
