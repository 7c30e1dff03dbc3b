import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it } from 'vitest';
import { WHOLE_ROOM } from '../../../lib/core/room-part.ts';
import { dynamoDbStore } from '../../../lib/store/dynamodb-store.ts';

const dynamoDb = mockClient(DynamoDBDocumentClient);
const store = dynamoDbStore({ client: new DynamoDBClient(), tableName: 'table', clock: () => 0 });

/** The engines of the contract tests are always consistent, so they cannot show it. */
describe('a read that sees every write before it', () => {
  it('is the one of a connection', async () => {
    dynamoDb.on(GetCommand).resolves({});
    await store.getConnection('c=');
    expect(dynamoDb.commandCalls(GetCommand).map((call) => call.args[0].input.ConsistentRead)).toEqual([
      true,
    ]);
  });

  it('is the one of every page of members', async () => {
    dynamoDb.on(QueryCommand).resolves({ LastEvaluatedKey: { pk: 'p', sk: '80000000#c=' } });
    const { rest = WHOLE_ROOM } = await store.readMembers('r', WHOLE_ROOM);
    await store.readMembers('r', rest);
    expect(dynamoDb.commandCalls(QueryCommand).map((call) => call.args[0].input.ConsistentRead)).toEqual([
      true,
      true,
    ]);
  });
});
