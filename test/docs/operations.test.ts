import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { App } from 'aws-cdk-lib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postsPerSecond } from '../../lib/config/post-quota.ts';
import { BROADCAST_BUDGET_MS } from '../../lib/core/broadcast-part.ts';
import {
  functionsFor,
  MEMBERS_PER_PART,
  POSITIONS,
  POSTS_PER_SECOND_OF_A_FUNCTION,
} from '../../lib/core/room-part.ts';
import { readSettings } from '../../lib/stack/settings.ts';
import { applicationClients } from '../support/application-clients.ts';
import { runAwsCli } from '../support/aws-cli.ts';
import { codeBlocks, readDocument } from '../support/markdown.ts';
import { joinRoom } from '../support/room-client.ts';
import { type LocalShim, root, runCommand, startLocal } from '../support/start-local.ts';

const document = readDocument('OPERATIONS.md');
// The stage at home.
const blocks = codeBlocks(document.replaceAll('trade-room-dev', 'trade-room-local'));

let shim: LocalShim;
let application: ReturnType<typeof applicationClients>;
const variables = new Map<string, string>();

beforeAll(async () => {
  shim = await startLocal();
  application = applicationClients(shim.endpoint);
});
afterAll(() => shim.stop());

/** Runs one line, with the shell variables of the lines before. */
async function run(line: string): Promise<Record<string, unknown>> {
  return runAwsCli(line, shim.endpoint, variables);
}
const lines = blocks.filter(({ info }) => info === 'sh aws').flatMap(({ code }) => code.trim().split('\n'));
const lineWith = (operation: string) => lines.find((line) => line.includes(` ${operation} `)) ?? '';

/** Runs the redrive as it says, and returns the lines it printed. */
async function redrive(): Promise<string[]> {
  const { code } = blocks.find(({ info }) => info === 'js redrive') ?? { code: '' };
  const file = join(root, 'node_modules', '.cache', 'redrive.mjs');
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, code);
  const environment = {
    AWS_ENDPOINT_URL: shim.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'any',
    AWS_SECRET_ACCESS_KEY: 'any',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
  const { stdout, stderr } = await runCommand(file, [], environment).ended;
  expect(stderr).toBe('');
  return stdout.split('\n').filter((line) => line !== '');
}

describe('OPERATIONS.md', () => {
  it('has only snippets that this test runs, or that say they are for AWS only', () => {
    const known = ['sh aws', 'sh aws-only', 'js redrive'];
    expect(blocks.map(({ info }) => info).filter((info) => !known.includes(info))).toEqual([]);
    const operations = lines.map((line) => line.match(/aws (\S+ \S+)/)?.[1]);
    expect(operations).toEqual([
      'sqs get-queue-url',
      'sqs get-queue-attributes',
      'sqs receive-message',
      'sqs purge-queue',
      'dynamodb scan',
      'apigatewaymanagementapi delete-connection',
    ]);
  });

  it('lists the settings there are', () => {
    const app = new App({ context: { noSuchSetting: '1' } });
    expect(() => readSettings(app.node)).toThrow(/there are /);
    let names: string[] = [];
    try {
      readSettings(app.node);
    } catch (error) {
      names = String(error).split('there are ')[1]?.split(', ') ?? [];
    }
    const table = document.slice(
      document.indexOf('| setting |'),
      document.indexOf('To test a deployed stage'),
    );
    const listed = [...table.matchAll(/^\| (`[^|]*) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    );
    expect(listed.sort()).toEqual(names.sort());
  });
});

describe('the runbook', () => {
  it('shows the dead letters with their reasons', async () => {
    await application.publish('order_exected', { roomId: '42', data: {} });
    await shim.printed(/event put aside/);
    await run(lineWith('get-queue-url'));
    const { Attributes: attributes } = await run(lineWith('get-queue-attributes'));
    expect(attributes).toEqual({ ApproximateNumberOfMessages: '1' });
    const { Messages: letters } = await run(lineWith('receive-message'));
    expect(letters).toMatchObject([{ MessageAttributes: { ERROR_CODE: { StringValue: 'unknown_event' } } }]);
  });

  it('redrives what failed and is still news, and leaves the rest', async () => {
    const client = await joinRoom(shim.endpoint, await shim.token('alice'), 'redriven');
    const failed = (type: string, id: string) => {
      const detail = { roomId: 'redriven', data: { orderId: id }, id };
      const event = { source: 'trade-room.orders', 'detail-type': type, detail };
      return JSON.stringify({ requestPayload: event, responsePayload: { errorType: 'Error' } });
    };
    const { QueueUrl } = { QueueUrl: variables.get('QUEUE') };
    for (const body of [failed('position_update', 'old'), failed('order_executed', 'lost')]) {
      await application.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: body }));
    }
    expect(await redrive()).toEqual(['redriven: order_executed']);
    expect(await client.next()).toMatchObject({ type: 'order_executed', id: 'lost', roomId: 'redriven' });
    expect(await redrive()).toEqual([]);
    await client.close();
  });

  it('empties the queue', async () => {
    await run(lineWith('purge-queue'));
    const { Attributes: attributes } = await run(lineWith('get-queue-attributes'));
    expect(attributes).toEqual({ ApproximateNumberOfMessages: '0' });
  });

  it('disconnects a user, and nobody else', async () => {
    const alice = await joinRoom(shim.endpoint, await shim.token('alice'), 'one', 'two');
    const bob = await joinRoom(shim.endpoint, await shim.token('bob'), 'one');
    const { Items: items } = await run(lineWith('scan'));
    expect(items).toHaveLength(1);
    const [{ connectionId }] = items as [{ connectionId: { S: string } }];
    variables.set('CONNECTION_ID', connectionId.S);
    variables.set('CALLBACK_URL', `${shim.endpoint}/local`);
    await run(lineWith('delete-connection'));
    expect(await alice.closed).toMatchObject({ code: 1000 });
    await expect.poll(async () => (await run(lineWith('scan')))['Items']).toEqual([]);
    bob.send({ type: 'ping', data: {} });
    expect(await bob.next()).toMatchObject({ type: 'pong' });
    await bob.close();
  });
});

describe('large rooms', () => {
  const section = document
    .slice(document.indexOf('## Large rooms'), document.indexOf('## Cut over'))
    .replace(/\s+/g, ' ');
  const number = (value: number) => value.toLocaleString('en-US');
  const functionsAt = (members: number) =>
    functionsFor({ members, upTo: POSITIONS - 1 }, postsPerSecond(), MEMBERS_PER_PART);

  it('are divided from where it says, into as many parts as it says', () => {
    expect(section).toContain(`, ${number(postsPerSecond())} unless set`);
    expect(section).toContain(`From ${number(2 * MEMBERS_PER_PART)} on`);
    expect(section).toContain(`at ${number(POSTS_PER_SECOND_OF_A_FUNCTION)} posts a second each`);
    expect(section).toContain('from 5,000 is served by two functions, from 7,500 by three');
    expect([4_999, 5_000, 7_499, 7_500, 1_000_000].map(functionsAt)).toEqual([1, 2, 2, 3, 3]);
  });

  it('are as large as can be served in the time there is', () => {
    const seconds = BROADCAST_BUDGET_MS / 1000;
    expect(section).toContain(`${seconds} seconds after the start`);
    const slow = postsPerSecond(2_500);
    const alone = postsPerSecond() / functionsAt(180_000);
    expect(section).toContain(`about ${number(seconds * postsPerSecond())}`);
    expect(section).toContain(`${number(seconds * alone)} where no worker runs`);
    expect(section).toContain(`${number(seconds * slow)} at ${number(slow)}`);
  });
});

describe('what a month costs', () => {
  const minutes = 30 * 24 * 60;
  const [events, pings, joins] = [6 * minutes, (minutes / 5) * 2, 30 * 12 * 4];

  it.each([100, 1_000, 10_000])('is calculated from the stated assumptions, for %i users', (users) => {
    const millions = (count: number) => (count / 1e6).toLocaleString('en-US', twoDigits);
    const row = document.split('\n').find((line) => line.startsWith(`| ${users.toLocaleString('en-US')} |`));
    const counts = [users * (events + pings + joins), users * minutes, (users / 50) * events];
    const dollars = counts.map((count, index) => (count / 1e6) * ([1, 0.25, 1][index] ?? 0));
    const cells = counts.map((count, index) => `${millions(count)} M: $${money(dollars[index] ?? 0)}`);
    const sum = dollars.reduce((total, each) => total + each, 0);
    expect(row).toBe(`| ${[users.toLocaleString('en-US'), ...cells, `$${money(sum)}`].join(' | ')} |`);
  });

  const twoDigits = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  const money = (dollars: number) => dollars.toLocaleString('en-US', twoDigits);
});
