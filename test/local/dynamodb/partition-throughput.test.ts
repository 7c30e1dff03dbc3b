import { beforeEach, expect, test } from 'vitest';
import type { AwsError } from '../../../lib/local/aws-json-service.ts';
import {
  createPartitionThroughput,
  type PartitionThroughput,
} from '../../../lib/local/dynamodb/partition-throughput.ts';
import type { Faults, HotPartition } from '../../../lib/local/faults.ts';
import { type ManualTime, manualTime } from '../../support/manual-time.ts';

const TableName = 'orders';
const table = { name: TableName, partitionKey: 'pk', sortKey: 'sk', timeToLiveAttribute: 'expiresAt' };
const WRITES =
  'dynamodb: the partition "hot" of orders has taken more than 1000 write units within a second; AWS may throttle the rest';
const READS = WRITES.replace('1000 write', '3000 read');

let time: ManualTime;
let printed: string[];
let faults: Faults;
let throughput: PartitionThroughput;

beforeEach(() => {
  time = manualTime();
  printed = [];
  faults = {};
  throughput = createPartitionThroughput({
    tables: [table],
    region: 'eu-west-1',
    time,
    faults: { onHotPartition: async (partition) => faults.onHotPartition?.(partition) },
    print: (line) => printed.push(line),
  });
});

/** What a request to that partition may do. */
function accessTo(value: string, operation: 'PutItem' | 'GetItem' = 'PutItem', sk = 'a') {
  const key = { pk: { S: value }, sk: { S: sk } };
  const access = throughput.accessOf(operation, { TableName, Item: key, Key: key });
  if (access === undefined) throw new Error('the request is not counted');
  return access;
}
const write = (units: number, sk?: string) => accessTo('hot', 'PutItem', sk).count(units);

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html: 1,000 write units and
// 3,000 read units a second of one partition. A busy partition may be split between its sort keys; AWS does not say when,
// so the emulator serves more and prints a line.
test.each([
  ['1,000 write', 'PutItem', 1_000, WRITES],
  ['3,000 read', 'GetItem', 3_000, READS],
] as const)(
  'a partition takes %s units in a second, and a line is printed above that',
  (_, operation, most, line) => {
    accessTo('hot', operation).count(most);
    expect(printed).toEqual([]);
    accessTo('hot', operation).count(0.5);
    expect(printed).toEqual([line]);
  },
);

test('the units of a partition are counted over all its items', () => {
  write(500, 'a');
  write(500, 'b');
  expect(printed).toEqual([]);
  write(1, 'c');
  expect(printed).toEqual([WRITES]);
});

test('a partition has new units every second', async () => {
  write(1_000);
  await time.advance(1_000);
  write(1_000);
  expect(printed).toEqual([]);
});

test('the line about a partition that needs more units is printed at most every ten seconds', async () => {
  write(1_250);
  write(250);
  expect(printed).toEqual([WRITES]);
  await time.advance(9_999);
  write(1_250);
  expect(printed).toEqual([WRITES]);
  await time.advance(1);
  write(1);
  expect(printed).toEqual([WRITES, WRITES]);
});

test('a partition does not use the units of another', () => {
  write(1_000);
  accessTo('cold').count(1);
  expect(printed).toEqual([]);
});

test('writes do not use the units of reads', () => {
  write(1_000);
  accessTo('hot', 'GetItem').count(3_000);
  expect(printed).toEqual([]);
});

test('the units of a batch are divided evenly over its partitions', () => {
  const writes = ['hot', 'cold'].map((pk) => ({ PutRequest: { Item: { pk: { S: pk } } } }));
  throughput.accessOf('BatchWriteItem', { RequestItems: { [TableName]: writes } })?.count(2_000);
  expect(printed).toEqual([]);
  write(1);
  expect(printed).toEqual([WRITES]);
});

test.each([
  ['its name', { KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': { S: 'hot' } } }],
  [
    'an alias, beside a condition on the sort key',
    {
      KeyConditionExpression: '#s >= :s AND #p = :pk',
      ExpressionAttributeNames: { '#p': 'pk', '#s': 'sk' },
      ExpressionAttributeValues: { ':pk': { S: 'hot' }, ':s': { S: 'a' } },
    },
  ],
])('a Query that names the partition key by %s is counted', (_by, condition) => {
  throughput.accessOf('Query', { TableName, ...condition })?.count(3_001);
  expect(printed).toEqual([READS]);
});

test('a Scan is not counted, because it names no partition', () => {
  expect(throughput.accessOf('Scan', { TableName })).toBeUndefined();
});

// The exception of an on-demand table: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html;
// its reason: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ThrottlingReason.html
const throttled = (reason: string): Partial<AwsError> => ({
  code: 'ThrottlingException',
  message: expect.stringMatching(/^Throughput exceeds the current capacity of your table or index\./),
  fields: { throttlingReasons: [{ reason, resource: TABLE_ARN }] },
});
const TABLE_ARN = 'arn:aws:dynamodb:eu-west-1:000000000000:table/orders';

test('a fault refuses the writes of a busy partition in the same second, and nothing else', async () => {
  const asked: HotPartition[] = [];
  faults = {
    onHotPartition: async (partition) => {
      asked.push(partition);
      return 'throttle';
    },
  };
  await accessTo('hot').admit();
  write(1_000);
  expect(asked).toEqual([]);
  await expect(accessTo('hot').admit()).rejects.toMatchObject(
    throttled('TableWriteKeyRangeThroughputExceeded'),
  );
  expect(asked).toEqual([{ tableName: TableName, partitionKey: 'hot', kind: 'write' }]);
  await accessTo('cold').admit();
  await accessTo('hot', 'GetItem').admit();
  await time.advance(1_000);
  await accessTo('hot').admit();
  expect(asked).toHaveLength(1);
});

test('a fault refuses the reads of a busy partition', async () => {
  faults = { onHotPartition: async () => 'throttle' };
  accessTo('hot', 'GetItem').count(3_000);
  await expect(accessTo('hot', 'GetItem').admit()).rejects.toMatchObject(
    throttled('TableReadKeyRangeThroughputExceeded'),
  );
});
