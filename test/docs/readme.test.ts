import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { applicationClients } from '../support/application-clients.ts';
import { codeBlocks, readDocument } from '../support/markdown.ts';
import { type LocalShim, type RunningCommand, runCommand, startLocal } from '../support/start-local.ts';

const blocks = codeBlocks(readDocument('README.md'));
const scripts: Record<string, string> = JSON.parse(readDocument('package.json')).scripts;

let shim: LocalShim;
beforeAll(async () => {
  shim = await startLocal();
});
afterAll(() => shim.stop());

/** The commands of the README as written, but at the shim of this test. */
function commands(prefix: string): string[] {
  return blocks
    .filter(({ info }) => info === 'sh')
    .flatMap(({ code }) => code.trim().split('\n'))
    .filter((line) => line.startsWith(prefix));
}

function run(command: string): RunningCommand {
  const [, name = '', parameters = ''] = command.match(/^npm run (?:-s )?(\w+) -- (.*)$/) ?? [];
  const file = scripts[name]?.split(' ').at(-1) ?? '';
  const words = parameters.match(/'[^']*'|\S+/g) ?? [];
  return runCommand(file, [...words.map((word) => word.replaceAll("'", '')), '--port', String(shim.port)]);
}

function script(info: string): string {
  const block = blocks.find((candidate) => candidate.info === info);
  return (block?.code ?? '').replaceAll('localhost:4001', `localhost:${shim.port}`);
}

const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor;

describe('README.md', () => {
  it('has only snippets that this test runs', () => {
    const known = ['sh', 'js browser', 'js service', 'js developer'];
    expect(blocks.map(({ info }) => info).filter((info) => !known.includes(info))).toEqual([]);
    // Continuous integration runs the first two, test/stack/synth-command.test.ts the third (it stops at synth), and
    // the others are run below.
    expect(commands('npm ci')).toEqual(['npm ci && npm start', 'npm ci && npm test']);
    expect(commands('npx')).toEqual([expect.stringMatching(/^npx cdk deploy /)]);
    expect(commands('npm run')).toHaveLength(commands('').length - 3);
  });

  it('names npm scripts that exist', () => {
    for (const [, name = ''] of readDocument('README.md').matchAll(/npm run (?:-s )?([\w:]+)/g)) {
      expect(Object.keys(scripts)).toContain(name);
    }
  });

  it('leads a newcomer from an event to its frame', async () => {
    const [listen = '', ...events] = commands('npm run');
    const listener = run(listen);
    await listener.printed(/auth_success/);
    await listener.printed(/room_subscribed/);
    for (const event of events) expect(await run(event).ended).toMatchObject({ code: 0 });
    await listener.printed(/"type":"order_executed"/);
    await listener.printed(/"type":"position_update","data":\{"symbol":"AAPL","unrealizedPnL":22.5\}/);
    listener.process.kill('SIGINT');
    await listener.ended;
  });

  it('has a browser client that gets the event that the service code publishes', async () => {
    const seen: { type: string; data: unknown }[] = [];
    const console = { log: (frame: { type: string; data: unknown }) => seen.push(frame) };
    const sockets: WebSocket[] = [];
    class Recorded extends WebSocket {
      constructor(url: string) {
        super(url);
        sockets.push(this);
      }
    }
    await new AsyncFunction('WebSocket', 'console', script('js browser'))(Recorded, console);
    await expect.poll(() => seen.map(({ type }) => type)).toContain('room_subscribed');

    vi.stubEnv('AWS_ENDPOINT_URL', shim.endpoint);
    const require = createRequire(import.meta.url);
    const publish = await new AsyncFunction('require', `${script('js service')}; return onOrderExecuted;`)(
      require,
    );
    await publish(42, { orderId: 'from the readme' });
    await expect
      .poll(() => seen)
      .toContainEqual(expect.objectContaining({ data: { orderId: 'from the readme' } }));
    for (const socket of sockets) socket.terminate();
  });

  it('shows a developer the dead letters', async () => {
    await applicationClients(shim.endpoint).publish('order_exected', { roomId: '42', data: {} });
    await shim.printed(/event put aside/);
    vi.stubEnv('AWS_ENDPOINT_URL', shim.endpoint);
    const printed: string[] = [];
    const console = { log: (...parts: string[]) => printed.push(parts.join(' ')) };
    // A module's text, where only a function's can be run.
    const code = script('js developer').replace(/^import (.*) from (.*);$/gm, 'const $1 = require($2);');
    await new AsyncFunction('require', 'console', code)(createRequire(import.meta.url), console);
    expect(printed).toEqual([expect.stringMatching(/^detail-type: expected one of .*order_exected/)]);
  });
});
