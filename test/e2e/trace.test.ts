import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applicationClients } from '../support/application-clients.ts';
import { codeBlocks } from '../support/markdown.ts';
import { joinRoom } from '../support/room-client.ts';
import { type LocalEmulator, root, spawnCommand, startCommand, startLocal } from '../support/start-local.ts';
import { unusedPort } from '../support/unused-port.ts';

let emulator: LocalEmulator;
let application: ReturnType<typeof applicationClients>;

beforeAll(async () => {
  emulator = await startLocal();
  application = applicationClients(emulator.endpoint);
});
afterAll(() => emulator.stop());

const trace = (...parameters: string[]) =>
  startCommand('trace', [...parameters, '--port', String(emulator.port)]).ended;
/** What the trace prints, once it has got so far. */
const traced = (expected: RegExp, ...parameters: string[]) =>
  expect.poll(async () => (await trace(...parameters)).stdout, { timeout: 15_000 }).toMatch(expected);

describe('npm run trace', () => {
  it('the trace commands of docs/operations/logs.md tell why user 7 did not see her order', async () => {
    const client = await joinRoom(emulator.endpoint, await emulator.token('7'), '42');
    const { connectionId } = (
      (await (await fetch(`${emulator.endpoint}/dev/connections`)).json()) as [{ connectionId: string }]
    )[0];
    await application.publish('order_executed', { roomId: '42', id: 'order-4711', data: { symbol: 'AAPL' } });
    expect(await client.nextOf('order_executed')).toMatchObject({ id: 'order-4711', seq: 1 });
    const document = readFileSync(join(root, 'docs/operations/logs.md'), 'utf8');
    const [user = '', order = ''] = codeBlocks(document)
      .filter(({ info }) => info === 'sh trace')
      .flatMap(({ code }) => code.trim().split('\n'));
    const now = new Date().toISOString();
    const parametersOf = (line: string) =>
      line.replace('npm run trace -- --stage prod ', '').replace('10:32', now).split(' ');
    expect([parametersOf(user), parametersOf(order)]).toEqual([['--user', '7', '--at', now], ['order-4711']]);
    await traced(
      new RegExp(`${connectionId} was in room 42 since .*, after number 0\n$`),
      ...parametersOf(user),
    );
    await traced(
      /ingested: order_executed for room 42[\s\S]*logged: number 1 of room 42[\s\S]*delivered: numbers 1 to 1, to 1 members/,
      ...parametersOf(order),
    );
    await client.close();
    await traced(/disconnected +connectionId=/, '--connection', connectionId);
  });

  it('npm run trace --at finds a connection that is older than --since', async () => {
    const client = await joinRoom(emulator.endpoint, await emulator.token('8'), '44');
    const at = new Date(Date.now() + 1_000).toISOString();
    await traced(/was in room 44 since/, '--user', '8', '--at', at, '--since', at);
    await client.close();
  });

  it('npm run trace says that a bad event is a dead letter, and why', async () => {
    await application.publish('order_executed', { roomId: '42', id: 'bad-one', data: { price: {} } });
    await traced(/dead-lettered: invalid_event, detail\.data\.price: .*\nIt ended there/, 'bad-one');
  });

  it('npm run trace says that a late state was superseded by a newer one', async () => {
    const state = (id: string, publishedAt: number) =>
      application.publish('position_update', { roomId: '43', id, publishedAt, data: { positionId: 1 } });
    await state('newer', Date.now());
    await traced(/delivered/, 'newer');
    await state('older', Date.now() - 60_000);
    await traced(/logged: number 2 of room 43.*\nNumber 2 of room 43 is not sent: .*a newer value/, 'older');
  });

  it('npm run trace says that no log line names the event, and ends with code 1', async () => {
    const { code, stdout } = await trace('no-such-event');
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(/^No log line has the event id "no-such-event"/),
    ]);
  });

  it.each([
    [[], /expected one event id, or --user, or --connection/],
    [['a', '--user', '7'], /expected one event id, or --user, or --connection/],
    [['a', 'b'], /expected one event id/],
    [['a', '--since', '5x'], /--since: expected 30m, 2h, 3d or an ISO time, got "5x"/],
    [['--user', '7', '--at', '25:00'], /--at: expected HH:MM or an ISO time, got "25:00"/],
    [['a', '--room', '42'], /--room and --at belong to --user and --connection/],
    [[''], /expected one event id/],
    [['--user', '7', '--at', '2999-01-01T00:00'], /--at: expected a time in the past/],
    [['a', '--stage', 'prod'], /--port names the local emulator, --stage a stage in AWS/],
    [['a', '--colour'], /Unknown option '--colour'/],
  ])('npm run trace refuses the parameters %j in a sentence', async (parameters, sentence) => {
    const { code, stderr } = await trace(...parameters);
    expect(code).toBe(1);
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('npm run trace says that no emulator answers, and how to start one', async () => {
    const { code, stderr } = await startCommand('trace', ['a', '--port', String(await unusedPort())]).ended;
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^Nothing answers on .*npm start/)]);
  });

  it('npm run trace takes a time without a zone as UTC in every time zone', async () => {
    const client = await joinRoom(emulator.endpoint, await emulator.token('9'), '45');
    const minute = new Date().toISOString().slice(0, 16);
    await expect
      .poll(
        async () => {
          const parameters = ['--user', '9', '--at', minute, '--port', String(emulator.port)];
          return (await spawnCommand('trace', parameters, { TZ: 'America/New_York' }).ended).stdout;
        },
        { timeout: 15_000 },
      )
      .toMatch(/was in room 45 since/);
    await client.close();
  });

  it('npm run trace --stage asks CloudWatch, not an exported AWS_ENDPOINT_URL', async () => {
    const { code, stderr } = await spawnCommand('trace', ['a', '--stage', 'prod'], {
      AWS_ENDPOINT_URL: emulator.endpoint,
      AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: emulator.endpoint,
      AWS_REGION: 'no-such-region-1',
      AWS_ACCESS_KEY_ID: 'none',
      AWS_SECRET_ACCESS_KEY: 'none',
      AWS_MAX_ATTEMPTS: '1',
    }).ended;
    expect([code, stderr]).toEqual([1, expect.stringContaining('logs.no-such-region-1.amazonaws.com')]);
  });
});
