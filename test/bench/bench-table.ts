import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clientOptions } from '../../lib/lambda/client-options.ts';
import { benchIdentity } from './bench-identity.ts';
import { startBenchProcess } from './bench-process.ts';

export interface BenchTable {
  client: DynamoDBClient;
  /** Read units of all Queries so far. */
  readUnits(): number;
  close(): Promise<void>;
}

/** The project's table on dynalite, in a process of its own. */
export async function startBenchTable(): Promise<BenchTable> {
  const { endpoint, close } = await startBenchProcess('dynamodb-process.ts');
  const client = new DynamoDBClient({ ...clientOptions, ...benchIdentity, endpoint });
  return {
    client,
    readUnits: countReadUnits(client),
    close() {
      client.destroy();
      return close();
    },
  };
}

/** Functions need not ask what a Query has cost, so it is asked here. */
function countReadUnits(client: DynamoDBClient): () => number {
  let units = 0;
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName !== 'QueryCommand') return next(args);
        const answer = await next({ ...args, input: { ...args.input, ReturnConsumedCapacity: 'TOTAL' } });
        const { ConsumedCapacity: consumed } = answer.output as {
          ConsumedCapacity?: { CapacityUnits?: number };
        };
        units += consumed?.CapacityUnits ?? Number.NaN;
        return answer;
      },
    { step: 'initialize' },
  );
  return () => units;
}
