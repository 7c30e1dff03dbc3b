import { arnsOf } from '../arn.ts';
import { AwsError } from '../aws-json-service.ts';
import type { Table } from '../description.ts';
import type { Faults, HotPartition } from '../faults.ts';
import type { Time } from '../time.ts';

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html */
const UNITS_PER_SECOND = { read: 3_000, write: 1_000 };

export type UnitsPerSecond = typeof UNITS_PER_SECOND;

/** Not more often for one partition key: a room that is too busy stays it for a while. */
const TELL_EVERY_MS = 10_000;

/** What DynamoDB answers an on-demand table. */
const MESSAGE =
  'Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your table or index so please try again shortly. If exceptions persist, check if you have a hot key: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html.';

/** A request that reads or writes items by their partition key. */
interface PartitionAccess extends AccessedPartitions {
  /** @throws AwsError ThrottlingException, when a fault asks for it and every partition of the request is too busy. */
  admit(): Promise<void> | undefined;
  /** Counts what the request has consumed, in capacity units. */
  count(units: number): void;
}

export interface PartitionThroughput {
  /** Undefined for what is not counted. */
  accessOf(operation: string, input: Record<string, unknown>): PartitionAccess | undefined;
}

/**
 * Counts what each value of a partition key consumes in a second, and prints when it is more than DynamoDB serves from one
 * partition. It serves it all the same, unless `onHotPartition` says otherwise: whether and when DynamoDB splits a busy
 * partition by its sort keys nobody can know. The units of a batch are divided evenly.
 */
export function createPartitionThroughput(options: {
  tables: readonly Table[];
  region: string;
  time: Time;
  faults: Pick<Faults, 'onHotPartition'>;
  print: (line: string) => void;
  /** Of one partition. Default: DynamoDB's. */
  unitsPerSecond?: UnitsPerSecond | undefined;
}): PartitionThroughput {
  const { time, faults, print, unitsPerSecond = UNITS_PER_SECOND } = options;
  const tables = new Map(options.tables.map((table) => [table.name, table]));
  const toldAt = new Map<string, number>();
  const consumed = { read: new Map<string, number>(), write: new Map<string, number>() };
  let secondBegan = Number.NEGATIVE_INFINITY;

  function unitsOf(kind: AccessedPartitions['kind'], partition: PartitionKey): number {
    if (time.now() - secondBegan >= 1_000) {
      secondBegan = time.now();
      consumed.read.clear();
      consumed.write.clear();
    }
    return consumed[kind].get(idOf(partition)) ?? 0;
  }

  function tell(kind: AccessedPartitions['kind'], partition: PartitionKey): void {
    for (const [told, at] of toldAt) if (time.now() - at >= TELL_EVERY_MS) toldAt.delete(told);
    const id = `${kind} ${idOf(partition)}`;
    if (toldAt.has(id)) return;
    toldAt.set(id, time.now());
    print(
      `dynamodb: the partition "${partition.value}" of ${partition.tableName} has taken more than ${unitsPerSecond[kind]} ${kind} units within a second; AWS may throttle the rest`,
    );
  }

  const isHot = (kind: AccessedPartitions['kind'], partition: PartitionKey) =>
    unitsOf(kind, partition) >= unitsPerSecond[kind];

  async function admitToHot({ kind, partitions }: AccessedPartitions): Promise<void> {
    const answers = await Promise.all(
      partitions.map((each) => faults.onHotPartition?.(hotPartition(kind, each))),
    );
    if (answers.every((answer) => answer === 'throttle')) throw throttled(options.region, kind, partitions);
  }

  return {
    accessOf(operation, input) {
      const accessed = accessedPartitions(operation, input, tables);
      if (accessed === undefined) return undefined;
      const { kind, partitions } = accessed;
      return {
        ...accessed,
        admit() {
          const isFree =
            faults.onHotPartition === undefined || !partitions.every((each) => isHot(kind, each));
          return isFree ? undefined : admitToHot(accessed);
        },
        count(units) {
          for (const partition of partitions) {
            const sum = unitsOf(kind, partition) + units / partitions.length;
            consumed[kind].set(idOf(partition), sum);
            if (sum > unitsPerSecond[kind]) tell(kind, partition);
          }
        },
      };
    },
  };
}

const idOf = ({ tableName, value }: PartitionKey) => `${tableName} ${value}`;

function hotPartition(kind: AccessedPartitions['kind'], { tableName, value }: PartitionKey): HotPartition {
  return { tableName, partitionKey: value, kind };
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ThrottlingReason.html */
function throttled(region: string, kind: AccessedPartitions['kind'], [partition]: PartitionKey[]): AwsError {
  const reason = `Table${kind === 'read' ? 'Read' : 'Write'}KeyRangeThroughputExceeded`;
  const resource = arnsOf(region).table(partition?.tableName ?? '');
  return new AwsError('ThrottlingException', MESSAGE, 400, {}, { throttlingReasons: [{ reason, resource }] });
}

type Input = Record<string, unknown>;

/** What one request reads or writes, by the partition keys that it names: one for each item, or one for a Query. */
interface AccessedPartitions {
  kind: 'read' | 'write';
  partitions: PartitionKey[];
}

interface PartitionKey {
  tableName: string;
  /** The value of the partition key. */
  value: string;
}

const KINDS: Record<string, AccessedPartitions['kind']> = {
  GetItem: 'read',
  Query: 'read',
  BatchGetItem: 'read',
  PutItem: 'write',
  UpdateItem: 'write',
  DeleteItem: 'write',
  BatchWriteItem: 'write',
};

/**
 * Reads the partition keys from a request; undefined where it has none, as a Scan, or names a table that the stack does
 * not have. A request that DynamoDB would refuse has what can be found.
 */
function accessedPartitions(
  operation: string,
  input: Input,
  tables: ReadonlyMap<string, Table>,
): AccessedPartitions | undefined {
  const kind = KINDS[operation];
  if (kind === undefined) return undefined;
  const batch = object(input['RequestItems']);
  const partitions = batch === undefined ? singleOf(input, tables) : batchedOf(batch, tables);
  return partitions.length === 0 ? undefined : { kind, partitions };
}

function singleOf(input: Input, tables: ReadonlyMap<string, Table>): PartitionKey[] {
  const table = tables.get(String(input['TableName']));
  const value = table && keyValueOf(table, input);
  return table === undefined || value === undefined ? [] : [{ tableName: table.name, value }];
}

function batchedOf(batch: Input, tables: ReadonlyMap<string, Table>): PartitionKey[] {
  return Object.entries(batch).flatMap(([name, request]) => {
    const table = tables.get(name);
    const values = table === undefined ? [] : batchedValues(table, request);
    return values.filter((value) => value !== undefined).map((value) => ({ tableName: name, value }));
  });
}

function keyValueOf(table: Table, input: Input): string | undefined {
  const key = object(input['Key']) ?? object(input['Item']);
  return key === undefined ? queriedValue(table, input) : text(key[table.partitionKey]);
}

/** Of a BatchGetItem `{ Keys }`, of a BatchWriteItem a list of `{ PutRequest }` and `{ DeleteRequest }`. */
function batchedValues(table: Table, request: unknown): (string | undefined)[] {
  const keys = object(request)?.['Keys'];
  if (Array.isArray(keys)) return keys.map((key) => text(object(key)?.[table.partitionKey]));
  const writes = Array.isArray(request) ? request : [];
  return writes.map((write) => {
    const { PutRequest: put, DeleteRequest: remove } = object(write) ?? {};
    return keyValueOf(table, object(put) ?? object(remove) ?? {});
  });
}

/** A key condition says `pk = :value`, or `#alias = :value`. */
function queriedValue({ partitionKey }: Table, input: Input): string | undefined {
  const condition = input['KeyConditionExpression'];
  if (typeof condition !== 'string') return undefined;
  const names = object(input['ExpressionAttributeNames']) ?? {};
  for (const [, name = '', placeholder = ''] of condition.matchAll(/(#?[\w.-]+)\s*=\s*(:\w+)/g)) {
    if ((names[name] ?? name) === partitionKey) {
      return text(object(input['ExpressionAttributeValues'])?.[placeholder]);
    }
  }
  return undefined;
}

/** Of an attribute value: `{ S: … }`, `{ N: … }` or `{ B: … }`. */
function text(value: unknown): string | undefined {
  const [written] = Object.values(object(value) ?? {});
  return typeof written === 'string' ? written : undefined;
}

function object(value: unknown): Input | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Input) : undefined;
}
