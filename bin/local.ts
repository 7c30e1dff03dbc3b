import { once } from 'node:events';
import { watch } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { safeParse } from 'valibot';
import { functionEntries } from '../lib/config/functions.ts';
import { LOCAL_NAME, localStack, localTokens } from '../lib/config/local-stack.ts';
import { type LocalSettings, readLocalSettings } from '../lib/config/read-settings.ts';
import { subscriptionState } from '../lib/core/connection/connection.ts';
import type { LogEventName } from '../lib/core/log.ts';
import type { Store } from '../lib/core/ports.ts';
import {
  type DevelopmentKey,
  keptDevelopmentKey,
  passingDevelopmentKey,
} from '../lib/local/dev/development-key.ts';
import { bundleLoader } from '../lib/local/lambda/bundle-loader.ts';
import type { LocalEmulatorOptions } from '../lib/local/options.ts';
import { type LocalEmulator, startLocalEmulator } from '../lib/local/start.ts';
import { roomIdSchema } from '../lib/protocol/room-id.ts';
import { dynamoDbStore } from '../lib/store/dynamodb-store.ts';
import { type Command, DEFAULT_PORT, fail, portOf, readCommandLine, type Shell } from './command-line.ts';
import { startDemo } from './demo/start-demo.ts';
import { localSettingRows } from './docs/settings.ts';
import { emulatorConfig } from './event-bridge.ts';
import { expireToken } from './expire-token.ts';
import { monitorPages } from './monitor-pages.ts';

const DEMO_ROOM = 'demo';
const REACHED_AS_LOCALHOST = ['localhost', '127.0.0.1', '::1', '0.0.0.0', '::'];

const usage = `npm start -- [--port ${DEFAULT_PORT}] [--host 127.0.0.1] [--demo [<room>]]
                 [--allow-host <name> …] [--allow-origin <origin> …]

Serves the whole stack on one port. With --demo a small market trades in a room, ${DEMO_ROOM} by default.
It answers requests under the names of this machine and of --host, and requests of pages from this machine. --allow-host and
--allow-origin allow others, such as realtime and https://dev.example.
Optional variables of the environment:
${variables()}`;

/** A line for each variable, such as `ROOM_ACCESS (default: open)`, and below it its sentence. */
function variables(): string {
  const lines = localSettingRows().flatMap(({ name, sentence, byDefault }) => [
    `  ${name} (default: ${byDefault})`,
    `    ${sentence}`,
  ]);
  return lines.join('\n').replaceAll('`', '');
}

/** Where the local emulator listens, and whose requests it answers. */
type Place = Pick<LocalEmulatorOptions, 'host' | 'port' | 'allowedHosts' | 'allowedOrigins'>;

const root = fileURLToPath(new URL('..', import.meta.url));

export const local: Command = {
  usage,
  endsItself: true,
  async run(shell) {
    const { values, positionals } = readCommandLine(shell, usage, {
      port: { type: 'string' },
      host: { type: 'string' },
      'allow-host': { type: 'string', multiple: true },
      'allow-origin': { type: 'string', multiple: true },
      demo: { type: 'boolean' },
    });
    const demoRoom = values.demo ? demoRoomOf(positionals.shift() ?? DEMO_ROOM) : undefined;
    if (positionals.length > 0) fail(`unexpected: ${positionals.join(' ')}\n\n${usage}`);
    const settings = readLocalSettings(shell.environment);
    const host = values.host ?? '127.0.0.1';
    // Without TLS a token may travel within this machine only.
    if (settings.canary && settings.jwtSecret === undefined && !REACHED_AS_LOCALHOST.includes(host)) {
      fail(`CANARY=true: expected a --host that is reached as localhost, such as 0.0.0.0, not "${host}"`);
    }
    const aws = await start(shell, settings, {
      host,
      port: portOf(values.port),
      allowedHosts: values['allow-host'] ?? [],
      allowedOrigins: values['allow-origin'] ?? [],
    });
    const demo = demoRoom === undefined ? undefined : startDemo(aws.endpoint, demoRoom);
    shell.print(greeting(aws, settings, demoRoom));
    const stopWatching = announceRestart(shell);
    await aborted(shell.stop);
    stopWatching();
    await demo?.stop();
    await aws.close();
    shell.print('Stopped.');
    return 0;
  },
};

async function start(
  { environment, print }: Shell,
  settings: LocalSettings,
  place: Place,
): Promise<LocalEmulator> {
  const tokens = localTokens(settings, await developmentKey(settings, { environment, print }));
  const entries = functionEntries(tokens.settings.mode);
  const { accountConcurrency } = settings;
  /** Set by `describe`, which comes before every request. */
  let store!: Store;
  return startLocalEmulator({
    ...place,
    quotas: accountConcurrency === undefined ? {} : { concurrency: accountConcurrency },
    describe(endpoint) {
      const client = new DynamoDBClient(emulatorConfig(endpoint));
      store = dynamoDbStore({ client, tableName: LOCAL_NAME, clock: Date.now });
      return localStack(endpoint, settings, tokens);
    },
    loader: ({ environmentOf }) =>
      bundleLoader({
        entries,
        environmentOf,
        root,
        watch: true,
        print,
        onReload: (names, milliseconds) =>
          print(`Reloaded ${names.join(', ')} in ${Math.round(milliseconds)} ms; connections stayed open.`),
      }),
    tokens: tokens.issuer,
    inspectConnection: (connectionId) => inspectConnection(store, connectionId),
    connectionActions: { 'expire-token': (connectionId) => expireToken(store, connectionId, Date.now()) },
    pages: monitorPages(root),
    isShown,
    print,
  });
}

/** The key that signs development tokens. With a JWT_SECRET it is not used, so that none is stored. */
function developmentKey(
  { jwtSecret: secret }: LocalSettings,
  { environment, print }: Pick<Shell, 'environment' | 'print'>,
): Promise<DevelopmentKey> {
  if (secret !== undefined) return passingDevelopmentKey();
  return keptDevelopmentKey({ application: 'trade-room-realtime', environment, print });
}

/** The user and the rooms of a connection from the table, for `/dev/connections`. */
async function inspectConnection(
  store: Pick<Store, 'getConnection'>,
  connectionId: string,
): Promise<Record<string, unknown>> {
  const connection = await store.getConnection(connectionId);
  if (connection === undefined) return { rooms: {} };
  const rooms = [...connection.rooms.keys()]
    .map((roomId) => [roomId, subscriptionState(connection, roomId)])
    .filter(([, state]) => state !== 'off');
  return { userId: connection.user?.userId, rooms: Object.fromEntries(rooms) };
}

/** Hides `events_logged`, because the `delivery` line after it tells a developer the same. `npm run trace` finds every line. */
function isShown({ level, message }: { level: string; message: string }): boolean {
  return level !== 'DEBUG' && message !== ('events_logged' satisfies LogEventName);
}

/** What a developer reads when the emulator listens. */
function greeting(
  { endpoint, port }: LocalEmulator,
  { jwtSecret: secret }: LocalSettings,
  room?: string,
): string {
  const more = port === DEFAULT_PORT ? '' : ` --port ${port}`;
  return `Trade Room realtime is listening.

  page       ${endpoint}/?room=${room ?? 42}
  WebSocket  ${endpoint.replace('http', 'ws')}
  AWS        export AWS_ENDPOINT_URL=${endpoint}
  tokens     ${secret === undefined ? 'the development issuer' : 'HS256, signed with JWT_SECRET'}

${room === undefined ? 'Try it, in two more terminals:' : `A market trades in room ${room}. Or try it yourself, in two more terminals:`}
  npm run -s listen -- --room 42${more}
  npm run -s event -- order_executed --room 42${more}
`;
}

/**
 * Prints a line when code changes that is not reloaded, until the returned function is called. Functions reload by themselves;
 * these folders are read once.
 */
function announceRestart({ print }: Shell): () => void {
  const watchers = ['bin', 'lib/config', 'lib/local'].map((folder) =>
    watch(join(root, folder), { recursive: true }, (_, file) => {
      print(`${folder}/${file} has changed: stop and start again to use it.`);
    }),
  );
  return () => {
    for (const watcher of watchers) watcher.close();
  };
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

function demoRoomOf(text: string): string {
  const { success, issues } = safeParse(roomIdSchema, text);
  return success ? text : fail(`--demo ${text}: ${issues[0].message}`);
}
