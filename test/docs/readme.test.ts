import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { applicationClients } from '../support/application-clients.ts';
import { runAwsCli } from '../support/aws-cli.ts';
import { codeBlocks, readDocument } from '../support/markdown.ts';
import { runSnippet } from '../support/run-snippet.ts';
import { type LocalEmulator, type RunningCommand, startCommand, startLocal } from '../support/start-local.ts';

const blocks = codeBlocks(readDocument('README.md'));
const scripts: Record<string, string> = JSON.parse(readDocument('package.json')).scripts;

let emulator: LocalEmulator;
beforeAll(async () => {
  emulator = await startLocal();
});
afterAll(() => emulator.stop());

/** The commands of the README that begin with `prefix`, without their comments. */
function commands(prefix: string): string[] {
  return blocks
    .flatMap(({ code }) => code.trim().split('\n'))
    .map((line) => line.replace(/ +#.*$/, ''))
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
  it('README.md has only commands, and a test or continuous integration runs each of them', () => {
    expect(new Set(blocks.map(({ info }) => info))).toEqual(new Set(['sh']));
    // `.ci/run` runs `npm ci` and the tests, every test of this file runs what `npm start` runs, and the others are run
    // below.
    expect(commands('').filter((line) => !line.startsWith('npm run '))).toEqual([
      'npm ci',
      'npm start',
      'npm test',
    ]);
  });

  it('the commands of README.md put an event and print its frame', async () => {
    const [listen = '', ...events] = commands('npm run');
    const listener = run(listen);
    await listener.printed(/auth_success/);
    await listener.printed(/room_subscribed/);
    for (const event of events) expect(await run(event).ended).toMatchObject({ code: 0 });
    await listener.printed(/"type":"order_executed".*"seq":1\b/);
    await listener.printed(
      /"type":"position_update","data":\{"symbol":"AAPL","unrealizedPnL":22.5\}.*"seq":2\b/,
    );
    await listener.stop();
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
    // The command must name the emulator and a region itself.
    for (const name of ['AWS_ENDPOINT_URL', 'AWS_REGION']) vi.stubEnv(name, undefined);
    for (const variable of variables.trim().split(' '))
      vi.stubEnv(...(variable.split('=') as [string, string]));
    await expect(runAwsCli(command, undefined, new Map())).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    vi.unstubAllEnvs();
    const documented = codeBlocks(readDocument('docs/local.md')).find(({ code }) => code.startsWith('iam: '));
    const example = documented?.code.trim().replace('subscribeRoom', 'ping').replace('BatchGetItem', 'Scan');
    await expect.poll(() => emulator.output()).toContain(`${example}\n`);
  });
});
