import { arnsOf } from '../arn.ts';
import { AwsError } from '../aws-json-service.ts';
import type { Table } from '../description.ts';
import type { Faults, HotPartition } from '../faults.ts';
import type { Time } from '../time.ts';
import { type AccessedPartitions, accessedPartitions, type PartitionKey } from './accessed-partitions.ts';

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html */
const UNITS_PER_SECOND = { read: 3_000, write: 1_000 };

export type UnitsPerSecond = typeof UNITS_PER_SECOND;

/** Not more often for one partition key: a room that is too busy stays it for a while. */
const TELL_EVERY_MS = 10_000;

/** What DynamoDB answers an on-demand table. */
const MESSAGE =
  'Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your table or index so please try again shortly. If exceptions persist, check if you have a hot key: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html.';

/** A request that reads or writes items by their partition key. */
export interface PartitionAccess extends AccessedPartitions {
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
