import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clientOptions } from '../../lib/lambda/client-options.ts';
import { benchIdentity } from './bench-identity.ts';
import { startBenchProcess } from './bench-process.ts';

export interface BenchTable {
  client: DynamoDBClient;
  /** Read units of all Queries so far. */
  readUnits(): number;
  /** What all calls so far have cost. */
  consumed(): Consumed;
  close(): Promise<void>;
}

export interface Consumed {
  /** By operation, such as `GetItem`. */
  calls: Record<string, number>;
  readUnits: number;
  writeUnits: number;
}

const OPERATIONS = ['Query', 'GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem', 'DeleteItem'] as const;
const READS: readonly string[] = ['Query', 'GetItem', 'BatchGetItem'] satisfies (typeof OPERATIONS)[number][];

/** The project's table on dynalite, in a process of its own. */
export async function startBenchTable(): Promise<BenchTable> {
  const { endpoint, close } = await startBenchProcess('dynamodb-process.ts');
  const client = new DynamoDBClient({ ...clientOptions, ...benchIdentity, endpoint });
  const calls = countCalls(client);
  const unitsOf = (isCounted: (operation: string) => boolean) =>
    calls.filter(({ operation }) => isCounted(operation)).reduce((sum, { units }) => sum + units, 0);
  return {
    client,
    readUnits: () => unitsOf((operation) => operation === 'Query'),
    consumed: () => ({
      calls: countBy(calls.map(({ operation }) => operation)),
      readUnits: unitsOf((operation) => READS.includes(operation)),
      writeUnits: unitsOf((operation) => !READS.includes(operation)),
    }),
    close() {
      client.destroy();
      return close();
    },
  };
}

interface Call {
  operation: string;
  units: number;
}

/** Functions need not ask what a call has cost, so it is asked here. */
function countCalls(client: DynamoDBClient): readonly Call[] {
  const calls: Call[] = [];
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const operation = OPERATIONS.find((name) => commandName === `${name}Command`);
        if (operation === undefined) throw new Error(`Nobody counts what ${commandName} costs`);
        const answer = await next({ ...args, input: { ...args.input, ReturnConsumedCapacity: 'TOTAL' } });
        calls.push({ operation, units: unitsIn(answer.output) });
        return answer;
      },
    { step: 'initialize' },
  );
  return calls;
}

/** Of a batch, a list with one entry a table. */
function unitsIn(output: object): number {
  type Consumed = { CapacityUnits?: number };
  const { ConsumedCapacity: consumed } = output as { ConsumedCapacity?: Consumed | Consumed[] };
  const { CapacityUnits: units = Number.NaN } = [consumed ?? []].flat()[0] ?? {};
  return units;
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
