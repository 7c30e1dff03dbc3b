import { arnsOf } from '../arn.ts';
import { AwsError } from '../aws-json-service.ts';
import type { Table } from '../description.ts';
import type { Faults, HotPartition } from '../faults.ts';
import type { Time } from '../time.ts';

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html */
const UNITS_PER_SECOND = { read: 3_000, write: 1_000 };

/** A warning is printed at most once in this time for one partition key, because a busy partition stays busy. */
const PRINT_EVERY_MS = 10_000;

/** DynamoDB's message for an on-demand table. */
const MESSAGE =
  'Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your table or index so please try again shortly. If exceptions persist, check if you have a hot key: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html.';

/** A request that reads or writes items by their partition key. */
interface PartitionAccess extends AccessedPartitions {
  /** @throws AwsError ThrottlingException, if a fault asks for it and every partition of the request is too busy. */
  admit(): Promise<void> | undefined;
  /** Counts the capacity units that the request has consumed. */
  count(units: number): void;
}

export interface PartitionThroughput {
  /** Undefined for a request that is not counted. */
  accessOf(operation: string, input: Record<string, unknown>): PartitionAccess | undefined;
}

/**
 * Counts the capacity units that each value of a partition key consumes in a second, and prints a line above the throughput of
 * one partition. The request is served, unless `onHotPartition` asks to refuse it: DynamoDB may split a busy partition by its
 * sort keys, and AWS does not document when. The units of a batch are divided evenly over its partitions.
 */
export function createPartitionThroughput(options: {
  tables: readonly Table[];
  region: string;
  time: Time;
  faults: Pick<Faults, 'onHotPartition'>;
  print: (line: string) => void;
}): PartitionThroughput {
  const { time, faults, print } = options;
  const tables = new Map(options.tables.map((table) => [table.name, table]));
  const printedAt = new Map<string, number>();
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

  function warn(kind: AccessedPartitions['kind'], partition: PartitionKey): void {
    for (const [printed, at] of printedAt) if (time.now() - at >= PRINT_EVERY_MS) printedAt.delete(printed);
    const id = `${kind} ${idOf(partition)}`;
    if (printedAt.has(id)) return;
    printedAt.set(id, time.now());
    print(
      `dynamodb: the partition "${partition.value}" of ${partition.tableName} has taken more than ${UNITS_PER_SECOND[kind]} ${kind} units within a second; AWS may throttle the rest`,
    );
  }

  const isHot = (kind: AccessedPartitions['kind'], partition: PartitionKey) =>
    unitsOf(kind, partition) >= UNITS_PER_SECOND[kind];

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
            if (sum > UNITS_PER_SECOND[kind]) warn(kind, partition);
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

/** The partitions that one request reads or writes: one for each item, or one for a Query. */
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
 * Reads the partition keys from a request. Undefined if there is none, as in a Scan, or if the stack does not have the table.
 * The request may be malformed; then the result has the keys that can be read.
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

/** The part of one table: `{ Keys }` in BatchGetItem, a list of `{ PutRequest }` and `{ DeleteRequest }` in BatchWriteItem. */
function batchedValues(table: Table, request: unknown): (string | undefined)[] {
  const keys = object(request)?.['Keys'];
  if (Array.isArray(keys)) return keys.map((key) => text(object(key)?.[table.partitionKey]));
  const writes = Array.isArray(request) ? request : [];
  return writes.map((write) => {
    const { PutRequest: put, DeleteRequest: remove } = object(write) ?? {};
    return keyValueOf(table, object(put) ?? object(remove) ?? {});
  });
}

/** Reads `pk = :value` or `#alias = :value` in a key condition. */
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

/** The text in an attribute value: `{ S: … }`, `{ N: … }` or `{ B: … }`. */
function text(value: unknown): string | undefined {
  const [written] = Object.values(object(value) ?? {});
  return typeof written === 'string' ? written : undefined;
}

function object(value: unknown): Input | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Input) : undefined;
}
