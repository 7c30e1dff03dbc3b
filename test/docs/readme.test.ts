import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { TradeRoomClient } from '../../lib/client/api.ts';
import { applicationClients } from '../support/application-clients.ts';
import { runAwsCli } from '../support/aws-cli.ts';
import { codeBlocks, readDocument } from '../support/markdown.ts';
import { runSnippet } from '../support/run-snippet.ts';
import { type LocalEmulator, type RunningCommand, startCommand, startLocal } from '../support/start-local.ts';

const blocks = codeBlocks(readDocument('README.md'));
const scripts: Record<string, string> = JSON.parse(readDocument('package.json')).scripts;

let emulator: LocalEmulator;
beforeAll(async () => {
  // Node 20 has none.
  vi.stubGlobal('WebSocket', WebSocket);
  emulator = await startLocal();
});
afterAll(() => emulator.stop());

/** The commands of the README as written, but at the emulator of this test. */
function commands(prefix: string): string[] {
  return blocks
    .filter(({ info }) => info === 'sh')
    .flatMap(({ code }) => code.trim().split('\n'))
    .filter((line) => line.startsWith(prefix));
}

function run(command: string): RunningCommand {
  const [, name = '', parameters = ''] = command.match(/^npm run (?:-s )?(\w+) -- (.*)$/) ?? [];
  const script = scripts[name]?.replace('node --import tsx bin/run.ts ', '') ?? '';
  const words = parameters.match(/'[^']*'|\S+/g) ?? [];
  return startCommand(script, [
    ...words.map((word) => word.replaceAll("'", '')),
    '--port',
    String(emulator.port),
  ]);
}

function script(document: string, info: string): string {
  const block = codeBlocks(readDocument(document)).find((candidate) => candidate.info === info);
  return (block?.code ?? '').replaceAll('localhost:4001', `localhost:${emulator.port}`);
}

describe('README.md', () => {
  it('README.md has only snippets that a test runs', () => {
    const known = ['sh', 'ts frontend', 'js service'];
    expect(blocks.map(({ info }) => info).filter((info) => !known.includes(info))).toEqual([]);
    // Continuous integration runs the first two, test/stack/synth-command.slow.test.ts the third (it stops at synth), and
    // the others are run below.
    expect(commands('npm ci')).toEqual(['npm ci && npm start', 'npm ci && npm test']);
    expect(commands('npx')).toEqual([expect.stringMatching(/^npx cdk deploy /)]);
    expect(commands('npm run')).toHaveLength(commands('').length - 3);
  });

  it('the commands of README.md put an event and print its frame', async () => {
    const [listen = '', ...events] = commands('npm run');
    const listener = run(listen);
    await listener.printed(/auth_success/);
    await listener.printed(/room_subscribed/);
    for (const event of events) expect(await run(event).ended).toMatchObject({ code: 0 });
    await listener.printed(/"type":"order_executed"/);
    await listener.printed(/"type":"position_update","data":\{"symbol":"AAPL","unrealizedPnL":22.5\}/);
    await listener.stop();
  });

  it('the frontend of README.md receives what the service of README.md publishes', async () => {
    const printed: string[] = [];
    const console = { log: (...parts: unknown[]) => printed.push(parts.join(' ')) };
    const given = { console, getToken: () => emulator.token('alice') };
    const { client } = await runSnippet(script('README.md', 'ts frontend'), given, ['client']);
    await expect.poll(() => printed, { timeout: 15_000 }).toContain('connected');
    await (client as TradeRoomClient).room(42).subscribe();

    vi.stubEnv('AWS_ENDPOINT_URL', emulator.endpoint);
    const { onOrderExecuted, publisher } = await runSnippet(script('README.md', 'js service'), {}, [
      'onOrderExecuted',
      'publisher',
    ]);
    await (onOrderExecuted as (roomId: number, order: object) => Promise<void>)(42, {
      orderId: 'order-1',
      symbol: 'AAPL',
      price: 187.2,
    });
    await expect.poll(() => printed, { timeout: 15_000 }).toContain('AAPL 187.2');
    await (publisher as { close(): Promise<void> }).close();
    (client as TradeRoomClient).close();
  });
});

describe('docs/local.md', () => {
  it('the script of docs/local.md prints the dead letters', async () => {
    await applicationClients(emulator.endpoint).publish('order_exected', { roomId: '42', data: {} });
    await emulator.printed(/event_dead_lettered/);
    vi.stubEnv('AWS_ENDPOINT_URL', emulator.endpoint);
    const printed: string[] = [];
    const console = { log: (...parts: string[]) => printed.push(parts.join(' ')) };
    await runSnippet(script('docs/local.md', 'js developer'), { console });
    expect(printed).toEqual([expect.stringMatching(/^detail-type: expected one of .*order_exected/)]);
  });

  it('the command of docs/local.md is refused as the permissions of the function say, and the emulator prints the documented line', async () => {
    const [line = ''] = script('docs/local.md', 'sh developer').trim().split('\n');
    const [, variables = '', command = ''] = line.match(/^((?:\w+=\S+ )+)(aws .*)$/) ?? [];
    for (const variable of variables.trim().split(' '))
      vi.stubEnv(...(variable.split('=') as [string, string]));
    const refused = runAwsCli(command, emulator.endpoint, new Map());
    await expect(refused).rejects.toMatchObject({ name: 'AccessDeniedException' });
    vi.unstubAllEnvs();
    const documented = codeBlocks(readDocument('docs/local.md')).find(({ code }) => code.startsWith('iam: '));
    const example = documented?.code.trim().replace('subscribeRoom', 'ping').replace('BatchGetItem', 'Scan');
    await expect.poll(() => emulator.output()).toContain(`${example}\n`);
  });
});
