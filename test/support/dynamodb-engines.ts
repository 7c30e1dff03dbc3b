import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { table } from '../../lib/config/table.ts';
import { startDynamoDb } from '../../lib/local/dynamodb/dynamodb.ts';
import { systemTime } from '../../lib/local/time.ts';

/** A running DynamoDB, with the project's table in it. */
export interface DynamoDbEngine {
  client: DynamoDBClient;
  tableName: string;
  stop(): Promise<void>;
}

type StartEngine = () => Promise<DynamoDbEngine>;

/** The engines that this machine has; a suite that runs on all of them is run on each. */
export function availableEngines(): Record<string, StartEngine> {
  const dynoxide = dynoxideBinary();
  const endpoint = process.env['DYNAMODB_ENDPOINT'];
  return {
    dynalite: startDynalite,
    ...(dynoxide !== undefined && { dynoxide: () => startDynoxide(dynoxide) }),
    ...(endpoint !== undefined && { [endpoint]: () => startAt(endpoint, async () => undefined) }),
  };
}

export async function startDynalite(): Promise<DynamoDbEngine> {
  const dynamoDb = await startDynamoDb({ tables: [], time: systemTime, region: 'eu-west-1' });
  const server = createServer(dynamoDb.handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return startAt(`http://127.0.0.1:${port}`, async () => {
    server.closeAllConnections();
    server.close();
    await dynamoDb.close();
  });
}

function dynoxideBinary(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve('@dynoxide/linux-x64/dynoxide');
  } catch {
    return undefined;
  }
}

async function startDynoxide(binary: string): Promise<DynamoDbEngine> {
  const port = await freePort();
  const process = spawn(binary, ['--port', String(port)], { stdio: 'ignore' });
  return startAt(`http://127.0.0.1:${port}`, async () => {
    process.kill();
  });
}

async function startAt(endpoint: string, stop: () => Promise<void>): Promise<DynamoDbEngine> {
  // A process that has just been started refuses connections for a moment, which the SDK takes for a transient error.
  const client = new DynamoDBClient({ endpoint, maxAttempts: 10 });
  const tableName = `contract-${Date.now()}-${Math.random().toString(36).slice(2)}`;
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: table.partitionKey, AttributeType: 'S' },
        { AttributeName: table.sortKey, AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: table.partitionKey, KeyType: 'HASH' },
        { AttributeName: table.sortKey, KeyType: 'RANGE' },
      ],
    }),
  );
  await waitUntilTableExists(
    { client, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 },
    { TableName: tableName },
  );
  return {
    client,
    tableName,
    async stop() {
      client.destroy();
      await stop();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
