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

export function connectionKey(connectionId: string): Key {
  return { pk: `CONNECTION#${connectionId}`, sk: 'CONNECTION' };
}

/** The members of a room are one item collection, apart from whatever else is kept of the room. */
export function roomPartition(roomId: string): string {
  return `ROOM#${roomId}#MEMBERS`;
}

/**
 * The sort key begins with a hash: connection ids of one moment look alike, hashes are spread evenly. So a hot room
 * can split over DynamoDB's partitions, and a part of the key range holds a like part of the members.
 */
export function membershipKey(roomId: string, connectionId: string): Key {
  const hash = createHash('sha256').update(connectionId).digest('hex').slice(0, HASH_LENGTH);
  return { pk: roomPartition(roomId), sk: `${hash}#${connectionId}` };
}

export function connectionIdOf(sortKey: string): string {
  return sortKey.slice(HASH_LENGTH + 1);
}
