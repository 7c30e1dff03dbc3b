import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { callInProcess, createDynalite } from '../../../lib/local/dynamodb/dynalite-engine.ts';
import { createPartitionThroughput } from '../../../lib/local/dynamodb/partition-throughput.ts';
import { serveRequest } from '../../../lib/local/dynamodb/serve-request.ts';
import type { Faults } from '../../../lib/local/faults.ts';
import { manualTime } from '../../support/manual-time.ts';
import { listen, type TestServer } from '../../support/serve-aws-json.ts';

const TableName = 'orders';
const table = { name: TableName, partitionKey: 'pk', sortKey: 'sk', timeToLiveAttribute: 'expiresAt' };
/** An item of that many KB; the names and values of its attributes count. */
const itemOf = (kilobytes: number, sk = 'a') => {
  const rest = Buffer.byteLength(`pkhotsk${sk}text`);
  return { pk: 'hot', sk, text: 'x'.repeat(kilobytes * 1024 - rest) };
};

let server: TestServer;
let plain: DynamoDBClient;
let client: DynamoDBDocumentClient;
/** The units of each request, in order. */
let counted: number[];
let faults: Faults;

beforeEach(async () => {
  counted = [];
  faults = {};
  const dynalite = createDynalite();
  await callInProcess(dynalite, 'eu-west-1')('CreateTable', {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
  });
  const { accessOf } = createPartitionThroughput({
    tables: [table],
    region: 'eu-west-1',
    time: manualTime(),
    faults: { onHotPartition: async (partition) => faults.onHotPartition?.(partition) },
    print: () => undefined,
  });
  const throughput: { accessOf: typeof accessOf } = {
    accessOf(operation, input) {
      const access = accessOf(operation, input);
      return (
        access && {
          ...access,
          count(units) {
            counted.push(units);
            access.count(units);
          },
        }
      );
    },
  };
  server = await listen((request, response) =>
    serveRequest({ server: dynalite, request, response, authorize: () => undefined, throughput }),
  );
  plain = new DynamoDBClient({ endpoint: server.url, maxAttempts: 1 });
  client = DynamoDBDocumentClient.from(plain);
  // A table in creation refuses every write.
  await expect
    .poll(() =>
      put(1).then(
        () => true,
        () => false,
      ),
    )
    .toBe(true);
  await client.send(new DeleteCommand({ TableName, Key: { pk: 'hot', sk: 'a' } }));
  counted.length = 0;
});
afterEach(async () => {
  plain.destroy();
  await server.close();
});

const put = (kilobytes: number, sk?: string) =>
  client.send(new PutCommand({ TableName, Item: itemOf(kilobytes, sk) }));
const get = (sk: string, ConsistentRead: boolean) =>
  client.send(new GetCommand({ TableName, Key: { pk: 'hot', sk }, ConsistentRead }));
const key = { TableName, Key: { pk: 'hot', sk: 'a' } };

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
test('a write consumes a unit for each KB of the item before or after it, whichever is larger', async () => {
  await put(25);
  const update = { UpdateExpression: 'SET n = :n', ExpressionAttributeValues: { ':n': 1 } };
  await client.send(new UpdateCommand({ ...key, ...update }));
  await client.send(new DeleteCommand(key));
  expect(counted).toEqual([25, 26, 26]);
});

test('a write whose condition fails consumes a unit', async () => {
  await put(1);
  const again = { TableName, Item: itemOf(1), ConditionExpression: 'attribute_not_exists(pk)' };
  await expect(client.send(new PutCommand(again))).rejects.toMatchObject({
    name: 'ConditionalCheckFailedException',
  });
  expect(counted).toEqual([1, 1]);
});

test('a batch of writes consumes the units of all its writes', async () => {
  const writes = ['a', 'b', 'c'].map((sk) => ({ PutRequest: { Item: itemOf(25, sk) } }));
  await client.send(new BatchWriteCommand({ RequestItems: { [TableName]: writes } }));
  const DeleteRequest = { Key: { pk: 'hot', sk: 'a' } };
  await client.send(new BatchWriteCommand({ RequestItems: { [TableName]: [{ DeleteRequest }] } }));
  expect(counted).toEqual([75, 25]);
});

test('a strongly consistent read consumes a unit for each 4 KB, and another read half a unit', async () => {
  await put(39);
  await get('a', true);
  await get('a', false);
  expect(counted).toEqual([39, 10, 5]);
});

test('a read of an item that does not exist consumes a unit, or half a unit if it is not consistent', async () => {
  await get('none', true);
  await get('none', false);
  expect(counted).toEqual([1, 0.5]);
});

test('a Query consumes the units of the sum of what it reads', async () => {
  await put(3, 'a');
  await put(3, 'b');
  const query = { KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': 'hot' } };
  await client.send(new QueryCommand({ TableName, ...query, ConsistentRead: true }));
  expect(counted).toEqual([3, 3, 2]);
});

test('a batch of reads consumes the units of all its reads', async () => {
  await put(39);
  const Keys = ['a', 'none'].map((sk) => ({ pk: 'hot', sk }));
  const RequestItems = { [TableName]: { Keys, ConsistentRead: true } };
  await client.send(new BatchGetCommand({ RequestItems }));
  expect(counted).toEqual([39, 11]);
});

test('the consumed capacity is returned only to a caller that asks for it', async () => {
  const Item = {
    pk: 'hot',
    sk: 'a',
    '"ConsumedCapacity":{': '"ConsumedCapacity":{"CapacityUnits":7,"a":1}',
  };
  const asking = { TableName, ReturnConsumedCapacity: 'TOTAL' } as const;
  expect(await client.send(new PutCommand({ TableName, Item }))).not.toHaveProperty('ConsumedCapacity');
  expect(await client.send(new GetCommand(key))).toMatchObject({ Item });
  expect(await client.send(new GetCommand(key))).not.toHaveProperty('ConsumedCapacity');
  const none = new GetCommand({ ...key, ReturnConsumedCapacity: 'NONE' });
  expect(await client.send(none)).not.toHaveProperty('ConsumedCapacity');
  expect(await client.send(new GetCommand({ ...key, ...asking }))).toMatchObject({
    Item,
    ConsumedCapacity: { CapacityUnits: 0.5, TableName },
  });
  const indexes = new PutCommand({
    ...asking,
    Item,
    ReturnConsumedCapacity: 'INDEXES',
    ReturnValues: 'ALL_OLD',
  });
  expect(await client.send(indexes)).toMatchObject({
    Attributes: Item,
    ConsumedCapacity: { CapacityUnits: 1, Table: { CapacityUnits: 1 } },
  });
  expect(counted).toEqual([1, 0.5, 0.5, 0.5, 0.5, 1]);
});

test('an answer with the old values of an item keeps them without its consumed capacity', async () => {
  const Item = itemOf(1);
  await client.send(new PutCommand({ TableName, Item }));
  const remove = new DeleteCommand({ ...key, ReturnValues: 'ALL_OLD' });
  const { $metadata: _, ...answer } = await client.send(remove);
  expect(answer).toEqual({ Attributes: Item });
});

test('a request that a fault refuses is answered with ThrottlingException and its reason', async () => {
  faults = { onHotPartition: async () => 'throttle' };
  for (let write = 0; write < 3; write += 1) await put(400);
  await expect(put(1)).rejects.toMatchObject({
    name: 'ThrottlingException',
    message: expect.stringMatching(/^Throughput exceeds the current capacity of your table or index\./),
    throttlingReasons: [
      {
        reason: 'TableWriteKeyRangeThroughputExceeded',
        resource: 'arn:aws:dynamodb:eu-west-1:000000000000:table/orders',
      },
    ],
  });
  expect(await get('a', true)).toMatchObject({ $metadata: { httpStatusCode: 200 } });
});
