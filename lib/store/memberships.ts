import { DeleteCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Member, Membership, MembershipWrite, Store } from '../core/ports.ts';
import { unlessRefused } from './conditional-write.ts';
import type { TableAccess } from './connections.ts';
import { connectionIdOf, type Key, membershipKey, roomPartition } from './keys.ts';

type Memberships = Pick<Store, 'putMembership' | 'deleteMembership' | 'members'>;

type MembershipItem = Key & Omit<Membership, 'roomId' | 'connectionId'>;

const absentOrOlder = 'attribute_not_exists(#pk) OR #version < :version';
const absentOrNotNewer = 'attribute_not_exists(#pk) OR #version <= :version';

/** The rows that a broadcast reads: one Query of one item collection, a page at a time. */
export function membershipRows(
  { client, tableName: TableName, clock }: TableAccess,
  pageSize?: number,
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

    async *members(roomId) {
      let from: Record<string, unknown> | undefined;
      do {
        const command = new QueryCommand({
          TableName,
          KeyConditionExpression: '#pk = :room',
          // Rows that are off, or past their TTL, stay for a while; they cost the read but must not be served.
          FilterExpression: '#on = :true AND #ttl > :nowSeconds',
          ProjectionExpression: '#sk, #tokenExpiresAt, #version',
          ExpressionAttributeNames: {
            '#pk': 'pk',
            '#sk': 'sk',
            '#on': 'on',
            '#ttl': 'ttl',
            '#tokenExpiresAt': 'tokenExpiresAt',
            '#version': 'version',
          },
          ExpressionAttributeValues: {
            ':room': roomPartition(roomId),
            ':true': true,
            ':nowSeconds': Math.floor(clock() / 1000),
          },
          ConsistentRead: true,
          ...(from !== undefined && { ExclusiveStartKey: from }),
          ...(pageSize !== undefined && { Limit: pageSize }),
        });
        const page = await client.send(command);
        yield (page.Items ?? []).map((item) => memberOf(item as MembershipItem));
        from = page.LastEvaluatedKey;
      } while (from !== undefined);
    },
  };
}

function memberOf({ sk, tokenExpiresAt, version }: MembershipItem): Member {
  return { connectionId: connectionIdOf(sk), tokenExpiresAt, version };
}
