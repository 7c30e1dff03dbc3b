import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { WHOLE_ROOM } from '../../../lib/core/broadcast/room-slice.ts';
import { dynamoDbStore } from '../../../lib/store/dynamodb-store.ts';

const dynamoDb = mockClient(DynamoDBDocumentClient);
afterAll(() => dynamoDb.restore());
const store = dynamoDbStore({ client: new DynamoDBClient(), tableName: 'table', clock: () => 0 });

beforeEach(() => {
  dynamoDb.reset();
  dynamoDb.onAnyCommand().resolves({});
});

/** Of every read that was made. */
const areConsistent = () =>
  dynamoDb.calls().map(({ args: [command] }) => {
    if (command instanceof BatchGetCommand) return command.input.RequestItems?.['table']?.ConsistentRead;
    const reads = command instanceof GetCommand || command instanceof QueryCommand;
    return reads && command.input.ConsistentRead;
  });

/** The engines of the contract tests are always consistent, so they cannot show it. */
it('the read of a connection sees every write before it', async () => {
  await store.getConnection('c=');
  expect(areConsistent()).toEqual([true]);
});

it.each<[string, () => Promise<unknown>]>([
  ['the cursor of a room', () => store.readCursor('r')],
  ['the events of a room', () => store.readEvents('r', 'e', { after: 0, upTo: 9 })],
  ['the retained value of a state', () => store.readRetainedValues('r', 'e', ['room_state_changed'])],
])('the read of %s sees every write before it', async (_, read) => {
  await read();
  expect(areConsistent()).toEqual([true]);
});

it('the read that asks once more for rows that DynamoDB has left out sees every write before it', async () => {
  const left = { table: { Keys: [{ pk: 'p', sk: 's' }] } };
  dynamoDb.on(BatchGetCommand).resolvesOnce({ UnprocessedKeys: left }).resolves({});
  await store.readRetainedValues('r', 'e', ['room_state_changed']);
  expect(areConsistent()).toEqual([true, true]);
  dynamoDb.on(BatchGetCommand).resolves({ UnprocessedKeys: left });
  await expect(store.readRetainedValues('r', 'e', ['room_state_changed'])).rejects.toThrow(
    'but rows are left',
  );
});

it('the read of every page of retained values sees every write before it', async () => {
  const more = { LastEvaluatedKey: { pk: 'p', sk: 'VALUE#e#0' } };
  dynamoDb.on(QueryCommand).resolvesOnce(more).resolves({});
  const { next = '' } = await store.readAllRetainedValues('r', 'e');
  await store.readAllRetainedValues('r', 'e', next);
  expect(areConsistent()).toEqual([true, true]);
});

it('the read of every page of members sees every write before it', async () => {
  dynamoDb.on(QueryCommand).resolves({ LastEvaluatedKey: { pk: 'p', sk: '80000000#c=' } });
  const { rest = WHOLE_ROOM } = await store.readMembers('r', WHOLE_ROOM);
  await store.readMembers('r', rest);
  expect(areConsistent()).toEqual([true, true]);
});
