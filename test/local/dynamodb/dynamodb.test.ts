import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { CreateTableCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
} from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type DynamoDb, startDynamoDb } from '../../../lib/local/dynamodb/dynamodb.ts';
import { collectGarbage } from '../../support/collect-garbage.ts';
import { type ManualTime, manualTime } from '../../support/manual-time.ts';
import { listen, type TestServer } from '../../support/serve-aws-json.ts';

const NOW_SECONDS = Date.UTC(2026, 0, 1) / 1000;
const table = { name: 'orders', partitionKey: 'pk', sortKey: 'sk', timeToLiveAttribute: 'expiresAt' };

const randomText = () => randomBytes(64 * 1024).toString('hex');

function megabytesOfBuffers(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers / 2 ** 20;
}

let time: ManualTime;
let dynamoDb: DynamoDb;
let server: TestServer;
let plain: DynamoDBClient;
let client: DynamoDBDocumentClient;

beforeEach(async () => {
  time = manualTime(NOW_SECONDS * 1000);
  dynamoDb = await startDynamoDb({ tables: [table], time, region: 'eu-west-1' });
  server = await listen((request, response) => dynamoDb.handle(request, response, () => undefined));
  plain = new DynamoDBClient({ endpoint: server.url, maxAttempts: 1 });
  client = DynamoDBDocumentClient.from(plain);
});
afterEach(async () => {
  plain.destroy();
  await dynamoDb.close();
  await server.close();
});

const put = (sk: string, expiresAt: unknown) =>
  client.send(new PutCommand({ TableName: 'orders', Item: { pk: 'a', sk, expiresAt } }));
async function sortKeys(): Promise<unknown[]> {
  const { Items = [] } = await client.send(new ScanCommand({ TableName: 'orders' }));
  return Items.map((item) => item['sk']).sort();
}

test('DynamoDB has the tables of the stack as soon as it has started', async () => {
  const { Table } = await plain.send(new DescribeTableCommand({ TableName: 'orders' }));
  expect(Table).toMatchObject({
    TableStatus: 'ACTIVE',
    BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
  });
});

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
const refused = { name: 'ValidationException' };

test('DynamoDB refuses an item of more than 400 KB, and takes one of 400', async () => {
  const rest = Buffer.byteLength('pkaskonetext');
  const item = (bytes: number) => {
    const text = 'x'.repeat(bytes - rest);
    return new PutCommand({ TableName: 'orders', Item: { pk: 'a', sk: 'one', text } });
  };
  await client.send(item(400 * 1024));
  await expect(client.send(item(400 * 1024 + 1))).rejects.toMatchObject(refused);
});

test('DynamoDB refuses a batch of more than 25 writes or 100 reads', async () => {
  const keys = Array.from({ length: 101 }, (_, index) => ({ pk: 'a', sk: String(index) }));
  const writes = (count: number) =>
    new BatchWriteCommand({
      RequestItems: { orders: keys.slice(0, count).map((Item) => ({ PutRequest: { Item } })) },
    });
  const reads = (count: number) =>
    new BatchGetCommand({ RequestItems: { orders: { Keys: keys.slice(0, count) } } });
  await client.send(writes(25));
  await expect(client.send(writes(26))).rejects.toMatchObject(refused);
  await client.send(reads(100));
  await expect(client.send(reads(101))).rejects.toMatchObject(refused);
});

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
test('DynamoDB ends a page of a Query when it has read a megabyte', async () => {
  const text = 'x'.repeat(399 * 1024);
  for (const sk of ['1', '2', '3', '4']) {
    await client.send(new PutCommand({ TableName: 'orders', Item: { pk: 'a', sk, text } }));
  }
  const query = { KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': 'a' } };
  const page = await client.send(new QueryCommand({ TableName: 'orders', ...query }));
  expect(page.Items?.map(({ sk }) => sk)).toEqual(['1', '2', '3']);
  expect(page.LastEvaluatedKey).toEqual({ pk: 'a', sk: '3' });
});

test('DynamoDB refuses a write whose condition fails', async () => {
  await put('one', 1);
  const again = new PutCommand({
    TableName: 'orders',
    Item: { pk: 'a', sk: 'one' },
    ConditionExpression: 'attribute_not_exists(pk)',
  });
  await expect(client.send(again)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
});

test('DynamoDB serves a table that an application makes for itself', async () => {
  await plain.send(
    new CreateTableCommand({
      TableName: 'own-table',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'N' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
  await expect
    .poll(
      async () => (await plain.send(new DescribeTableCommand({ TableName: 'own-table' }))).Table?.TableStatus,
    )
    .toBe('ACTIVE');
  await client.send(new PutCommand({ TableName: 'own-table', Item: { id: 1, name: 'x' } }));
  const { Item } = await client.send(new GetCommand({ TableName: 'own-table', Key: { id: 1 } }));
  expect(Item).toEqual({ id: 1, name: 'x' });
});

test('DynamoDB deletes items whose time to live has passed, and no others', async () => {
  await put('expired', NOW_SECONDS - 1);
  await put('expires now', NOW_SECONDS);
  await put('lives on', NOW_SECONDS + 1);
  await put('never expires', undefined);
  await put('a date in text', '2020-01-01');
  await put('milliseconds', NOW_SECONDS * 1000);
  await put('expired more than five years ago', NOW_SECONDS - 6 * 365 * 86_400);
  await dynamoDb.sweepTimeToLive();
  expect(await sortKeys()).toEqual([
    'a date in text',
    'expired more than five years ago',
    'lives on',
    'milliseconds',
    'never expires',
  ]);
});

test('DynamoDB looks for expired items every minute', async () => {
  await put('one', NOW_SECONDS + 90);
  await time.advance(60_000);
  expect(await sortKeys()).toEqual(['one']);
  await time.advance(60_000);
  await expect.poll(sortKeys).toEqual([]);
});

test('DynamoDB deletes expired items beyond the first page of a scan', async () => {
  for (let batch = 0; batch < 5; batch += 1) {
    const requests = Array.from({ length: 25 }, (_, index) => {
      const expiresAt = index === 0 ? NOW_SECONDS + 60 : NOW_SECONDS - 60;
      return { PutRequest: { Item: { pk: `p${batch}`, sk: `${batch}-${index}`, expiresAt } } };
    });
    await client.send(new BatchWriteCommand({ RequestItems: { orders: requests } }));
  }
  await dynamoDb.sweepTimeToLive();
  expect(await sortKeys()).toHaveLength(5);
});

test('DynamoDB keeps nothing of a row that was written again, however often it was read by Query and Scan between', async () => {
  const TableName = 'orders';
  const writeAndRead = async (times: number) => {
    for (let time = 0; time < times; time += 1) {
      await client.send(new PutCommand({ TableName, Item: { pk: 'a', sk: 'one', text: randomText() } }));
      const ofOne = { KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': 'a' } };
      await client.send(new QueryCommand({ TableName, ...ofOne }));
      await client.send(new QueryCommand({ TableName, ...ofOne, Limit: 1 }));
      await client.send(new ScanCommand({ TableName }));
    }
  };
  await writeAndRead(2);
  const before = megabytesOfBuffers();
  await writeAndRead(12);
  // Each row is an eighth of a megabyte. What finalizers let go comes back a moment after the collection.
  await expect.poll(() => megabytesOfBuffers() - before, { timeout: 10_000 }).toBeLessThan(1);
});

test('DynamoDB refuses a request that dynalite fails on, and lives on', async () => {
  const response = await fetch(server.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.Query',
      'x-amz-date': '20260101T000000Z',
      authorization: 'AWS4-HMAC-SHA256 Credential=a, SignedHeaders=b, Signature=c',
    },
    body: JSON.stringify({
      TableName: 'orders',
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': null },
    }),
  });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ __type: 'SerializationException' });
  await put('one', 1);
  expect(await sortKeys()).toEqual(['one']);
});

test('DynamoDB survives a client that breaks off in the middle of a request', async () => {
  const { port } = new URL(server.url);
  const socket = connect(Number(port), '127.0.0.1');
  const headers = 'host: x\r\nx-amz-target: DynamoDB_20120810.GetItem\r\ncontent-length: 100';
  await new Promise<void>((resolve) =>
    socket.write(`POST / HTTP/1.1\r\n${headers}\r\n\r\n{`, () => resolve()),
  );
  // Answered after the broken request has arrived.
  await put('one', 1);
  await new Promise<void>((resolve) => socket.once('close', resolve).resetAndDestroy());
  await put('two', 1);
  expect(await sortKeys()).toEqual(['one', 'two']);
});
