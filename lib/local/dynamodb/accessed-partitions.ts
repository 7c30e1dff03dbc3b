import type { Table } from '../description.ts';

type Input = Record<string, unknown>;

/** What one request reads or writes, by the partition keys that it names: one for each item, or one for a Query. */
export interface AccessedPartitions {
  kind: 'read' | 'write';
  partitions: PartitionKey[];
}

export interface PartitionKey {
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
export function accessedPartitions(
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
