import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { expect, it, onTestFinished } from 'vitest';
import { WHOLE_ROOM } from '../../../lib/core/broadcast/room-slice.ts';
import { dynamoDbStore } from '../../../lib/store/dynamodb-store.ts';

it('a member whose row does not say whether it takes batches gets single frames', async () => {
  const row = { pk: 'ROOM#r#MEMBERS', sk: '80000000#c=', tokenExpiresAt: 5, version: 1 };
  const dynamoDb = mockClient(DynamoDBDocumentClient);
  onTestFinished(() => dynamoDb.restore());
  dynamoDb.on(QueryCommand).resolves({ Items: [row, { ...row, batch: true }] });
  const store = dynamoDbStore({ client: new DynamoDBClient(), tableName: 'table', clock: () => 0 });
  const { members } = await store.readMembers('r', WHOLE_ROOM);
  expect(members.map(({ batch }) => batch)).toEqual([false, true]);
});
