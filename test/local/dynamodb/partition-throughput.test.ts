import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type DynamoDb, startDynamoDb } from '../../../lib/local/dynamodb/dynamodb.ts';
import { createPartitionThroughput } from '../../../lib/local/dynamodb/partition-throughput.ts';
import type { Faults } from '../../../lib/local/faults.ts';
import { type ManualTime, manualTime } from '../../support/manual-time.ts';
import { listen, type TestServer } from '../../support/serve-aws-json.ts';

const TableName = 'orders';
const table = { name: TableName, partitionKey: 'pk', sortKey: 'sk', timeToLiveAttribute: 'expiresAt' };
/** An item of that many KB; the names and values of its attributes count. */
const itemOf = (kilobytes: number, sk = 'a') => {
  const rest = Buffer.byteLength(`pkhotsk${sk}text`);
  return { pk: 'hot', sk, text: 'x'.repeat(kilobytes * 1024 - rest) };
};
const WRITES =
  'dynamodb: the partition "hot" of orders has taken more than 100 write units within a second; AWS may throttle the rest';
const READS = WRITES.replace('100 write', '300 read');

let time: ManualTime;
let dynamoDb: DynamoDb;
let server: TestServer;
let plain: DynamoDBClient;
let client: DynamoDBDocumentClient;
let printed: string[];
let faults: Faults;

beforeEach(async () => {
  time = manualTime();
  printed = [];
  faults = {};
  dynamoDb = await startDynamoDb({
    tables: [table],
    time,
    region: 'eu-west-1',
    faults: { onHotPartition: async (partition) => faults.onHotPartition?.(partition) },
    print: (line) => printed.push(line),
    // A tenth of what it is in AWS.
    unitsPerSecond: { read: 300, write: 100 },
  });
  server = await listen((request, response) => dynamoDb.handle(request, response, () => undefined));
  plain = new DynamoDBClient({ endpoint: server.url, maxAttempts: 1 });
  client = DynamoDBDocumentClient.from(plain);
});
afterEach(async () => {
  plain.destroy();
  await dynamoDb.close();
  await server.close();
});

const put = (kilobytes: number, sk?: string) =>
  client.send(new PutCommand({ TableName, Item: itemOf(kilobytes, sk) }));
const get = (ConsistentRead: boolean) =>
  client.send(new GetCommand({ TableName, Key: { pk: 'hot', sk: 'a' }, ConsistentRead }));
/** Writes so many units, 25 with each item. */
async function write(units: number): Promise<void> {
  for (let left = units; left > 0; left -= 25) await put(Math.min(left, 25), `w${left}`);
}
async function times(count: number, work: () => Promise<unknown>): Promise<void> {
  for (let done = 0; done < count; done += 1) await work();
}

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html: 1,000 write units and
// 3,000 read units a second of one partition. A busy partition may be split between its sort keys; when, AWS does not
// say, so more is served here, and told.
describe('a value of the partition key', () => {
  test.each([
    ['1000 write', 'PutItem', { TableName, Item: { pk: { S: 'hot' } } }, 1_000],
    ['3000 read', 'GetItem', { TableName, Key: { pk: { S: 'hot' } } }, 3_000],
  ])('takes %s units in a second; what is more is told', (units, operation, input, most) => {
    const print = (line: string) => printed.push(line);
    const throughput = createPartitionThroughput({
      tables: [table],
      region: 'eu-west-1',
      time,
      faults,
      print,
    });
    throughput.accessOf(operation, input)?.count(most);
    expect(printed).toEqual([]);
    throughput.accessOf(operation, input)?.count(0.5);
    expect(printed).toEqual([WRITES.replace('100 write', units)]);
  });

  test('is counted over all its items', async () => {
    await write(100);
    expect(printed).toEqual([]);
    await put(1);
    expect(printed).toEqual([WRITES]);
  });

  test('has new units every second', async () => {
    await write(100);
    await time.advance(1_000);
    await write(100);
    expect(printed).toEqual([]);
  });

  test('that needs more units is reported at most every ten seconds', async () => {
    await write(125);
    await write(25);
    expect(printed).toEqual([WRITES]);
    await time.advance(9_999);
    await write(125);
    expect(printed).toEqual([WRITES]);
    await time.advance(1);
    await put(1);
    expect(printed).toEqual([WRITES, WRITES]);
  });

  test('does not use the units of another value', async () => {
    await write(100);
    await client.send(new PutCommand({ TableName, Item: { pk: 'cold', sk: 'a' } }));
    expect(printed).toEqual([]);
  });
});

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
describe('a write unit', () => {
  test('is consumed for each KB of the item before or after the write, whichever is larger', async () => {
    await put(25);
    await time.advance(1_000);
    const key = { TableName, Key: { pk: 'hot', sk: 'a' } };
    const update = { UpdateExpression: 'SET n = :n', ExpressionAttributeValues: { ':n': 1 } };
    // 26 KB with the new attribute, then 26 KB that are deleted.
    await times(3, () => client.send(new UpdateCommand({ ...key, ...update })));
    expect(printed).toEqual([]);
    await client.send(new DeleteCommand(key));
    expect(printed).toEqual([WRITES]);
  });

  test('is also consumed by a write whose condition fails', async () => {
    await put(25);
    await put(25, 'b');
    await put(25, 'c');
    await put(24, 'd');
    const again = { TableName, Item: itemOf(1), ConditionExpression: 'attribute_not_exists(pk)' };
    const refused = () => client.send(new PutCommand(again));
    await expect(refused()).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
    expect(printed).toEqual([]);
    await expect(refused()).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
    expect(printed).toEqual([WRITES]);
  });

  test('is counted in a batch', async () => {
    const RequestItems = {
      [TableName]: ['a', 'b', 'c', 'd'].map((sk) => ({ PutRequest: { Item: itemOf(25, sk) } })),
    };
    await client.send(new BatchWriteCommand({ RequestItems }));
    expect(printed).toEqual([]);
    const DeleteRequest = { Key: { pk: 'hot', sk: 'a' } };
    await client.send(new BatchWriteCommand({ RequestItems: { [TableName]: [{ DeleteRequest }] } }));
    expect(printed).toEqual([WRITES]);
  });
});

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
describe('a read unit', () => {
  // 10 units, strongly consistent.
  beforeEach(async () => {
    await put(39, 'a');
    await time.advance(1_000);
  });

  test('is 4 KB of a strongly consistent read', async () => {
    await times(30, () => get(true));
    expect(printed).toEqual([]);
    await get(true);
    expect(printed).toEqual([READS]);
  });

  test('is 8 KB of an eventually consistent read', async () => {
    await times(60, () => get(false));
    expect(printed).toEqual([]);
    await get(false);
    expect(printed).toEqual([READS]);
  });

  test('is one at least, also where there is nothing', async () => {
    await times(29, () => get(true));
    const nothing = { TableName, Key: { pk: 'hot', sk: 'none' }, ConsistentRead: true };
    await times(10, () => client.send(new GetCommand(nothing)));
    expect(printed).toEqual([]);
    await client.send(new GetCommand(nothing));
    expect(printed).toEqual([READS]);
  });

  test.each([
    ['name', { KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': 'hot' } }],
    [
      'alias, with a condition on the sort key,',
      {
        KeyConditionExpression: '#s >= :s AND #p = :pk',
        ExpressionAttributeNames: { '#p': 'pk', '#s': 'sk' },
        ExpressionAttributeValues: { ':pk': 'hot', ':s': 'a' },
      },
    ],
  ])('of a Query by %s is counted of the sum of what it has read', async (_by, condition) => {
    const { KeyConditionExpression, ...rest } = condition;
    const query = { TableName, KeyConditionExpression, ...rest, ConsistentRead: true };
    await times(30, () => client.send(new QueryCommand(query)));
    expect(printed).toEqual([]);
    await client.send(new QueryCommand(query));
    expect(printed).toEqual([READS]);
  });

  test('is counted in a batch', async () => {
    const Keys = [
      { pk: 'hot', sk: 'a' },
      { pk: 'hot', sk: 'none' },
    ];
    const batch = new BatchGetCommand({ RequestItems: { [TableName]: { Keys, ConsistentRead: true } } });
    // 11 units each.
    await times(27, () => client.send(batch));
    expect(printed).toEqual([]);
    await client.send(batch);
    expect(printed).toEqual([READS]);
  });

  test('of a Scan is not counted, because it names no partition', async () => {
    await times(40, () => client.send(new ScanCommand({ TableName, ConsistentRead: true })));
    expect(printed).toEqual([]);
  });
});

describe('what is answered', () => {
  test('returns the consumed capacity only to a caller that asked for it', async () => {
    const Item = {
      pk: 'hot',
      sk: 'a',
      '"ConsumedCapacity":{': '"ConsumedCapacity":{"CapacityUnits":7,"a":1}',
    };
    const asking = { TableName, ReturnConsumedCapacity: 'TOTAL' } as const;
    const key = { pk: 'hot', sk: 'a' };
    expect(await client.send(new PutCommand({ TableName, Item }))).not.toHaveProperty('ConsumedCapacity');
    expect(await client.send(new GetCommand({ TableName, Key: key }))).toMatchObject({ Item });
    expect(await client.send(new GetCommand({ TableName, Key: key }))).not.toHaveProperty('ConsumedCapacity');
    const none = new GetCommand({ ...asking, Key: key, ReturnConsumedCapacity: 'NONE' });
    expect(await client.send(none)).not.toHaveProperty('ConsumedCapacity');
    expect(await client.send(new GetCommand({ ...asking, Key: key }))).toMatchObject({
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
  });

  test('has the old values of an item, whatever stands beside them', async () => {
    const Item = itemOf(1);
    await client.send(new PutCommand({ TableName, Item }));
    const remove = new DeleteCommand({ TableName, Key: { pk: 'hot', sk: 'a' }, ReturnValues: 'ALL_OLD' });
    const { $metadata: _, ...answer } = await client.send(remove);
    expect(answer).toEqual({ Attributes: Item });
  });
});

// The exception of an on-demand table: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html;
// its reason: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ThrottlingReason.html
describe('a fault', () => {
  const refused = (reason: string) => ({
    name: 'ThrottlingException',
    message: expect.stringMatching(/^Throughput exceeds the current capacity of your table or index\./),
    throttlingReasons: [{ reason, resource: 'arn:aws:dynamodb:eu-west-1:000000000000:table/orders' }],
  });

  test('refuses what a busy partition is written in the same second, and nothing else', async () => {
    const asked: unknown[] = [];
    faults = {
      onHotPartition: async (partition) => {
        asked.push(partition);
        return 'throttle';
      },
    };
    await write(100);
    expect(asked).toEqual([]);
    await expect(put(1)).rejects.toMatchObject(refused('TableWriteKeyRangeThroughputExceeded'));
    expect(asked).toEqual([{ tableName: TableName, partitionKey: 'hot', kind: 'write' }]);
    await client.send(new PutCommand({ TableName, Item: { pk: 'cold', sk: 'a' } }));
    expect(await get(true)).toMatchObject({ $metadata: { httpStatusCode: 200 } });
    await time.advance(1_000);
    await put(1);
  });

  test('refuses a read of a busy partition', async () => {
    await put(39);
    await times(30, () => get(true));
    faults = { onHotPartition: async () => 'throttle' };
    await expect(get(true)).rejects.toMatchObject(refused('TableReadKeyRangeThroughputExceeded'));
  });
});
