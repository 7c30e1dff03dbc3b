import { spawn } from 'node:child_process';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import {
  CreateTableCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { table } from '../../lib/config/table.ts';
import { createDynalite, replayRequest } from '../../lib/local/dynamodb/dynalite-engine.ts';

/** A running DynamoDB, with the project's table in it. */
export interface DynamoDbEngine {
  client: DynamoDBClient;
  tableName: string;
  stop(): Promise<void>;
}

interface HttpRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}
interface RequestHandler {
  handle(
    request: HttpRequest,
  ): Promise<{ response: { statusCode: number; headers: Record<string, string>; body: Uint8Array } }>;
}

type StartEngine = () => Promise<DynamoDbEngine>;

/** The engines that this machine has; a suite that runs on all of them is run on each. */
export function availableEngines(): Record<string, StartEngine> {
  const dynoxide = dynoxideBinary();
  const endpoint = process.env['DYNAMODB_ENDPOINT'];
  return {
    dynalite: startDynalite,
    ...(dynoxide !== undefined && { dynoxide: () => startDynoxide(dynoxide) }),
    ...(endpoint !== undefined && { [endpoint]: () => startAt({ endpoint }) }),
  };
}

/** On no port: HTTP and signatures would cost a race a quarter of its time. The emulator's own way is tested in `test/local`. */
export function startDynalite(): Promise<DynamoDbEngine> {
  const server = createDynalite();
  return startAt({ requestHandler: handlerOf(server), signer: { sign: async (request) => request } });
}

function handlerOf(server: Server): RequestHandler {
  return {
    handle: ({ method, path: url, headers, body }) =>
      new Promise((resolve) => {
        const answered: Record<string, string> = {};
        const response = {
          statusCode: 200,
          setHeader(name: string, value: string | number) {
            answered[name.toLowerCase()] = String(value);
          },
          end(text = '') {
            const { statusCode } = response;
            resolve({ response: { statusCode, headers: answered, body: Buffer.from(text) } });
          },
        };
        // dynalite looks for a signature and never at it.
        const signed = {
          ...headers,
          'x-amz-date': '20000101T000000Z',
          authorization: 'AWS4-HMAC-SHA256 Credential=none, SignedHeaders=host, Signature=none',
        };
        replayRequest(server, { method, url, headers: signed, body }, response);
      }),
  };
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
  return startAt({ endpoint: `http://127.0.0.1:${port}` }, async () => {
    process.kill();
  });
}

async function startAt(
  config: DynamoDBClientConfig,
  stop: () => Promise<void> = async () => undefined,
): Promise<DynamoDbEngine> {
  // A process that has just been started refuses connections for a moment, which the SDK takes for a transient error.
  const client = new DynamoDBClient({ ...config, maxAttempts: 10 });
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
