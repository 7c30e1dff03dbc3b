import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import type { Table } from '../description.ts';
import type { Faults } from '../faults.ts';
import type { Time } from '../time.ts';
import { callInProcess, createDynalite, type DynamoDbCall } from './dynalite-engine.ts';
import { createPartitionThroughput } from './partition-throughput.ts';
import { type AuthorizeInput, serveRequest } from './serve-request.ts';

const SWEEP_EVERY_MS = 60_000;

export interface DynamoDb {
  /** Serves one DynamoDB request whose body has not been read. An AwsError of `authorize` becomes the answer. */
  handle(request: IncomingMessage, response: ServerResponse, authorize: AuthorizeInput): void;
  /** Deletes expired items at once. A timer does this every minute. In AWS it may take days. */
  sweepTimeToLive(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts DynamoDB in memory, without a port of its own. Resolves when the tables exist. It is dynalite: no transactions, no
 * streams, no `ReturnValuesOnConditionCheckFailure`. The description says which attribute is the time to live.
 */
export async function startDynamoDb(options: {
  tables: Table[];
  time: Time;
  region: string;
  faults?: Pick<Faults, 'onHotPartition'>;
  print?: (line: string) => void;
}): Promise<DynamoDb> {
  const { tables, time, faults = {}, print = () => undefined } = options;
  const server = createDynalite();
  const call = callInProcess(server, options.region);
  await Promise.all(tables.map((table) => createTable(call, table)));

  const throughput = createPartitionThroughput({ ...options, faults, print });

  async function sweepTimeToLive(): Promise<void> {
    for (const table of tables) await deleteExpired(call, table, Math.floor(time.now() / 1000));
  }

  let closed = false;
  let cancelSweep = sweepInAMinute();
  function sweepInAMinute(): () => void {
    return time.after(SWEEP_EVERY_MS, async () => {
      await sweepTimeToLive();
      if (!closed) cancelSweep = sweepInAMinute();
    });
  }

  return {
    handle: (request, response, authorize) =>
      void serveRequest({ server, request, response, authorize, throughput }),
    sweepTimeToLive,
    async close() {
      // Does not call dynalite's close, which would wait for a port that was never opened. Its memory is garbage-collected.
      closed = true;
      cancelSweep();
    },
  };
}

async function createTable(call: DynamoDbCall, { name, partitionKey, sortKey }: Table): Promise<void> {
  await call('CreateTable', {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [partitionKey, sortKey].map((key) => ({ AttributeName: key, AttributeType: 'S' })),
    KeySchema: [
      { AttributeName: partitionKey, KeyType: 'HASH' },
      { AttributeName: sortKey, KeyType: 'RANGE' },
    ],
  });
  // A table in creation refuses every read and write.
  while (!(await isActive(call, name))) await setImmediate();
}

async function isActive(call: DynamoDbCall, name: string): Promise<boolean> {
  const { Table: table } = await call('DescribeTable', { TableName: name });
  return (table as { TableStatus?: string }).TableStatus === 'ACTIVE';
}

type Item = Record<string, unknown>;

const PAGE_ITEMS = 100;

/** DynamoDB does not delete an item that expired longer ago, because its number is probably not a time. */
const MAX_EXPIRED_SECONDS = 5 * 365 * 24 * 60 * 60;

/**
 * Deletes the items whose time to live has passed, page by page. Also resolves if the table does not exist, because an
 * application may delete it.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
 */
async function deleteExpired(call: DynamoDbCall, table: Table, nowSeconds: number): Promise<void> {
  const expired = {
    TableName: table.name,
    ExpressionAttributeNames: { '#timeToLive': table.timeToLiveAttribute },
    ExpressionAttributeValues: {
      ':oldest': { N: String(nowSeconds - MAX_EXPIRED_SECONDS) },
      ':now': { N: String(nowSeconds) },
    },
  };
  const isExpired = '#timeToLive BETWEEN :oldest AND :now';
  let start: Item | undefined;
  try {
    do {
      const page = await call('Scan', {
        ...expired,
        FilterExpression: isExpired,
        Limit: PAGE_ITEMS,
        ...(start && { ExclusiveStartKey: start }),
      });
      await Promise.all((page['Items'] as Item[]).map((item) => remove(item)));
      start = page['LastEvaluatedKey'] as Item | undefined;
      // Lets other events run, because scanning a large table in memory would block the sockets.
      await setImmediate();
    } while (start);
  } catch (error) {
    if (!(error instanceof Error && error.name === 'ResourceNotFoundException')) throw error;
  }

  async function remove(item: Item): Promise<void> {
    try {
      // Conditional, because the time to live of the item may have been extended since the page was read.
      await call('DeleteItem', { ...expired, Key: keyOf(item, table), ConditionExpression: isExpired });
    } catch (error) {
      if (!(error instanceof Error && error.name === 'ConditionalCheckFailedException')) throw error;
    }
  }
}

function keyOf(item: Item, { partitionKey, sortKey }: Table): Item {
  return { [partitionKey]: item[partitionKey], [sortKey]: item[sortKey] };
}
