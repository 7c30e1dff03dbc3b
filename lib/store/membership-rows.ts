import { DeleteCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Member, Membership } from '../core/connection/membership.ts';
import type { MembershipWrite, Store } from '../core/ports.ts';
import type { TableAccess } from './connection-rows.ts';
import { unlessRefused } from './connection-writes.ts';
import { connectionIdOf, type Key, membershipKey, positionOf, roomPartition, sortKeysOf } from './keys.ts';

type Memberships = Pick<Store, 'putMembership' | 'deleteMembership' | 'readMembers'>;

type MembershipItem = Key & Omit<Membership, 'roomId' | 'connectionId'>;

/** The attributes of a row that a broadcast reads. Its sort key holds the connection id. */
type MemberItem = Pick<Key, 'sk'> & Omit<Member, 'connectionId'>;
const memberItem: Record<keyof MemberItem, true> = {
  sk: true,
  tokenExpiresAt: true,
  version: true,
  batch: true,
};
const memberAttributes = Object.keys(memberItem);

const absentOrOlder = 'attribute_not_exists(#pk) OR #version < :version';
const absentOrNotNewer = 'attribute_not_exists(#pk) OR #version <= :version';

/**
 * Rows a page. Less than the megabyte that a Query may return: posting starts when the first page is read, and decoding a
 * page delays the posts in flight.
 */
const PAGE_SIZE = 1_500;

/** The memberships of a room: one item collection, which a broadcast reads with one Query a page. */
export function membershipRows(
  { client, tableName: TableName, clock }: TableAccess,
  pageSize = PAGE_SIZE,
): Memberships {
  return {
    async putMembership({ roomId, connectionId, ...membership }): Promise<MembershipWrite> {
      const item: MembershipItem = { ...membershipKey(roomId, connectionId), ...membership };
      const command = new PutCommand({
        TableName,
        Item: item,
        ConditionExpression: absentOrOlder,
        ExpressionAttributeNames: { '#pk': 'pk', '#version': 'version' },
        ExpressionAttributeValues: { ':version': membership.version },
        ReturnValues: 'ALL_OLD',
      });
      const written = await unlessRefused(client.send(command));
      if (written === undefined) return 'superseded';
      return membership.on && written.Attributes?.['on'] !== true ? 'live' : 'written';
    },

    async deleteMembership(roomId, connectionId, version) {
      const command = new DeleteCommand({
        TableName,
        Key: membershipKey(roomId, connectionId),
        ConditionExpression: absentOrNotNewer,
        ExpressionAttributeNames: { '#pk': 'pk', '#version': 'version' },
        ExpressionAttributeValues: { ':version': version },
      });
      await unlessRefused(client.send(command));
    },

    async readMembers(roomId, { from, to, after }) {
      const pk = roomPartition(roomId);
      const { first, last } = sortKeysOf({ from, to });
      const command = new QueryCommand({
        TableName,
        KeyConditionExpression: '#pk = :room AND #sk BETWEEN :first AND :last',
        // Rows that are off or past their TTL still exist. They cost read capacity, but are no members.
        FilterExpression: '#on = :true AND #ttl > :nowSeconds',
        ProjectionExpression: memberAttributes.map((name) => `#${name}`).join(', '),
        ExpressionAttributeNames: {
          '#pk': 'pk',
          '#on': 'on',
          '#ttl': 'ttl',
          ...Object.fromEntries(memberAttributes.map((name) => [`#${name}`, name])),
        },
        ExpressionAttributeValues: {
          ':room': pk,
          ':first': first,
          ':last': last,
          ':true': true,
          ':nowSeconds': Math.floor(clock() / 1000),
        },
        ConsistentRead: true,
        Limit: pageSize,
        ...(after !== undefined && { ExclusiveStartKey: { pk, sk: after } }),
      });
      const { Items = [], LastEvaluatedKey: lastRead } = await client.send(command);
      const members = Items.map((item) => memberOf(item as MemberItem));
      if (lastRead === undefined) return { members, rest: undefined };
      const sk = String(lastRead['sk']);
      return { members, rest: { from: positionOf(sk), to, after: sk } };
    },
  };
}

// A row of the previous release may lack `batch`.
function memberOf({ sk, batch = false, ...attributes }: MemberItem): Member {
  return { connectionId: connectionIdOf(sk), batch, ...attributes };
}
