import { watch } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { functionEntries } from '../lib/config/functions.ts';
import { type LocalSettings, localTokens, readLocalSettings } from '../lib/config/local-settings.ts';
import { LOCAL_NAME, localStack } from '../lib/config/local-stack.ts';
import { roomState } from '../lib/core/connection.ts';
import { devTokens } from '../lib/local/dev/dev-tokens.ts';
import { bundleLoader } from '../lib/local/lambda/bundle-loader.ts';
import { type LocalAws, startLocalAws } from '../lib/local/start.ts';
import { systemTime } from '../lib/local/time.ts';
import { dynamoDbStore } from '../lib/store/dynamodb-store.ts';
import { DEFAULT_PORT, fail, portOf, readCommandLine } from './command-line.ts';

const usage = `npm start -- [--port ${DEFAULT_PORT}] [--host 127.0.0.1]

Serves the whole stack on one port. In the environment, all optional:
  JWT_SECRET             accept the HS256 tokens of a REST API that signs with this secret
  JWT_ISSUER, JWT_AUDIENCE, JWT_USER_ID_CLAIM
  ROOM_ACCESS            open (default) or claim
  AUTH_DEADLINE_SECONDS  default 10`;

const root = fileURLToPath(new URL('..', import.meta.url));

async function start(settings: LocalSettings, host: string, port: number): Promise<LocalAws> {
  const tokens = localTokens(settings, devTokens({ mode: { kind: 'jwks' }, time: systemTime }).jwks());
  const entries = functionEntries(tokens.settings.mode);
  return startLocalAws({
    host,
    port,
    describe: (endpoint) => localStack(endpoint, settings, tokens),
    loader: ({ environmentOf }) =>
      bundleLoader({ entries, environmentOf, root, watch: true, print, onReload: announceReload }),
    tokens: tokens.issuer,
    inspectConnection: inspectConnection(),
    print,
  });
}

/** What the rows say of a connection, for `/dev/connections`. */
function inspectConnection() {
  let store: ReturnType<typeof dynamoDbStore> | undefined;
  return async (connectionId: string) => {
    // Made at the first look: only by then the process's AWS variables lead to the shim.
    store ??= dynamoDbStore({ client: new DynamoDBClient(), tableName: LOCAL_NAME, clock: Date.now });
    const connection = await store.getConnection(connectionId);
    if (connection === undefined) return { rooms: {} };
    const rooms = [...connection.rooms.keys()]
      .map((roomId) => [roomId, roomState(connection, roomId)])
      .filter(([, state]) => state !== 'off');
    return { userId: connection.user?.userId, rooms: Object.fromEntries(rooms) };
  };
}

function announceReload(names: string[], milliseconds: number): void {
  print(`Reloaded ${names.join(', ')} in ${Math.round(milliseconds)} ms; connections stayed open.`);
}

function announceStart({ endpoint, port }: LocalAws, { secret }: LocalSettings): void {
  const more = port === DEFAULT_PORT ? '' : ` --port ${port}`;
  print(`Trade Room realtime is listening.

  WebSocket  ${endpoint.replace('http', 'ws')}
  AWS        export AWS_ENDPOINT_URL=${endpoint}
  tokens     ${secret === undefined ? 'the development issuer' : 'HS256, signed with JWT_SECRET'}

Try it, in two more terminals:
  npm run -s listen -- --room 42${more}
  npm run -s event -- order_executed --room 42${more}
`);
}

/** Functions reload by themselves; what describes and serves them is read once. */
function announceRestart(): void {
  for (const folder of ['bin', 'lib/config', 'lib/local']) {
    watch(join(root, folder), { recursive: true }, (_, file) => {
      print(`${folder}/${file} has changed: stop and start again to use it.`);
    }).unref();
  }
}

function stopOnSignals(aws: LocalAws): void {
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, async () => {
      if (stopping) process.exit(1);
      stopping = true;
      await aws.close();
      print('Stopped.');
      process.exit(0);
    });
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

const { values, positionals } = readCommandLine(usage, {
  port: { type: 'string' },
  host: { type: 'string' },
});
if (positionals.length > 0) fail(`unexpected: ${positionals.join(' ')}\n\n${usage}`);
try {
  const settings = readLocalSettings(process.env);
  const aws = await start(settings, values.host ?? '127.0.0.1', portOf(values.port));
  stopOnSignals(aws);
  announceStart(aws, settings);
  announceRestart();
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}
