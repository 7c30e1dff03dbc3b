import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { App } from 'aws-cdk-lib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postsPerSecond } from '../../lib/config/post-quota.ts';
import { queues, STREAM_SENDS_PER_SECOND } from '../../lib/config/queues.ts';
import { eventRule } from '../../lib/config/triggers.ts';
import { BROADCAST_BUDGET_MS } from '../../lib/core/broadcast/broadcast-slice.ts';
import { MEMBER_RETRY_BUDGET_MS } from '../../lib/core/broadcast/deliver-to-member.ts';
import {
  functionsFor,
  MEMBERS_PER_SLICE,
  POSTS_PER_SECOND_OF_A_FUNCTION,
} from '../../lib/core/broadcast/room-slice.ts';
import { framesThatFit } from '../../lib/core/stream/conflate.ts';
import { INVOKE_TIMEOUT_MS } from '../../lib/lambda/client-options.ts';
import { ERROR_QUERY } from '../../lib/stack/operations.ts';
import { readSettings } from '../../lib/stack/settings.ts';
import { resourcesOf, templateOf } from '../stack/synthesize.ts';
import { applicationClients } from '../support/application-clients.ts';
import { runAwsCli } from '../support/aws-cli.ts';
import { codeBlocks, readDocument } from '../support/markdown.ts';
import { joinRoom } from '../support/room-client.ts';
import { type LocalEmulator, root, runCommand, startLocal } from '../support/start-local.ts';

const document = readDocument('OPERATIONS.md');
// The stage locally.
const blocks = codeBlocks(document.replaceAll('trade-room-dev', 'trade-room-local'));

/** Whatever line its words are on. */
const text = document.replace(/\s+/g, ' ');

let emulator: LocalEmulator;
let application: ReturnType<typeof applicationClients>;
const variables = new Map<string, string>();

beforeAll(async () => {
  emulator = await startLocal();
  application = applicationClients(emulator.endpoint);
});
afterAll(() => emulator.stop());

/** Runs one line, with the shell variables of the lines before. */
async function run(line: string): Promise<Record<string, unknown>> {
  return runAwsCli(line, emulator.endpoint, variables);
}
const lines = blocks.filter(({ info }) => info === 'sh aws').flatMap(({ code }) => code.trim().split('\n'));
const lineWith = (operation: string, text = '') =>
  lines.find((line) => line.includes(` ${operation} `) && line.includes(text)) ?? '';

/** Runs the redrive as it says, and returns the lines it printed. */
async function redrive(): Promise<string[]> {
  const { code } = blocks.find(({ info }) => info === 'js redrive') ?? { code: '' };
  const file = join(root, 'node_modules', '.cache', 'redrive.mjs');
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, code);
  const environment = {
    AWS_ENDPOINT_URL: emulator.endpoint,
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
    // Those of `trace` are run by test/e2e/trace.test.ts.
    const known = ['sh aws', 'sh aws-only', 'sh trace', 'js redrive', 'logs-insights'];
    expect(blocks.map(({ info }) => info).filter((info) => !known.includes(info))).toEqual([]);
    const operations = lines.map((line) => line.match(/aws (\S+ \S+)/)?.[1]);
    expect(operations).toEqual([
      'sqs get-queue-url',
      'sqs get-queue-attributes',
      'sqs receive-message',
      'sqs purge-queue',
      'sqs get-queue-url',
      'sqs receive-message',
      'sqs purge-queue',
      'dynamodb scan',
      'apigatewaymanagementapi delete-connection',
    ]);
  });

  it('has the query for errors that is saved', () => {
    const { code } = blocks.find(({ info }) => info === 'logs-insights') ?? { code: '' };
    expect(code.trim()).toBe(ERROR_QUERY);
    expect(document).toContain('"trade-room-dev/errors, time-outs and crashes"');
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
    await emulator.printed(/event_dead_lettered/);
    await run(lineWith('get-queue-url'));
    const { Attributes: attributes } = await run(lineWith('get-queue-attributes'));
    expect(attributes).toEqual({ ApproximateNumberOfMessages: '1' });
    const { Messages: letters } = await run(lineWith('receive-message'));
    expect(letters).toMatchObject([{ MessageAttributes: { ERROR_CODE: { StringValue: 'unknown_event' } } }]);
  });

  it('redrives what failed and is still news, and leaves the rest', async () => {
    const client = await joinRoom(emulator.endpoint, await emulator.token('alice'), 'redriven');
    const agoMs = (milliseconds: number) => new Date(Date.now() - milliseconds).toISOString();
    const [recent, old] = [agoMs(60_000), agoMs(3 * 24 * 60 * 60 * 1000)];
    const failed = (type: string, id: string, time = recent) => {
      const detail = { roomId: 'redriven', data: { orderId: id } };
      const event = { id, time, source: 'trade-room.orders', 'detail-type': type, detail };
      return JSON.stringify({ requestPayload: event, responsePayload: { errorType: 'Error' } });
    };
    const QueueUrl = variables.get('QUEUE');
    for (const body of [
      failed('position_update', 'old'),
      failed('order_executed', 'lost'),
      failed('room_state_changed', 'older', old),
    ]) {
      await application.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: body }));
    }
    expect(await redrive()).toEqual(['redriven: order_executed']);
    // What EventBridge gave it, so that clients and streams know it again.
    const kept = { id: 'lost', publishedAt: Date.parse(recent) };
    expect(await client.next()).toMatchObject({ type: 'order_executed', roomId: 'redriven', ...kept });
    const late = failed('order_executed', 'late', old);
    await application.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: late }));
    expect(await redrive()).toEqual(['redriven: order_executed']);
    expect(await client.next()).toMatchObject({ id: 'late', publishedAt: expect.any(Number) });
    expect(await redrive()).toEqual([]);
    await client.close();
  });

  it('empties the queue', async () => {
    await run(lineWith('purge-queue'));
    const { Attributes: attributes } = await run(lineWith('get-queue-attributes'));
    expect(attributes).toEqual({ ApproximateNumberOfMessages: '0' });
  });

  it('shows what a stream could not take, with its room, and puts it away', async () => {
    await run(lineWith('get-queue-url', 'room-events-dead-letters'));
    const body = '{"kind":"deliver"}';
    await application.sqs.send(
      new SendMessageCommand({
        QueueUrl: variables.get('STREAMS'),
        MessageBody: body,
        MessageGroupId: '42',
        MessageDeduplicationId: 'once',
      }),
    );
    const look = lineWith('receive-message', '$STREAMS');
    const { Messages: letters } = await run(look);
    expect(letters).toMatchObject([{ Body: body, Attributes: { MessageGroupId: '42' } }]);
    await run(lineWith('purge-queue', '$STREAMS'));
    expect(await run(look)).not.toHaveProperty('Messages');
  });

  it('disconnects a user, and nobody else', async () => {
    const alice = await joinRoom(emulator.endpoint, await emulator.token('alice'), 'one', 'two');
    const bob = await joinRoom(emulator.endpoint, await emulator.token('bob'), 'one');
    variables.set('TABLE', 'trade-room-local');
    const { Items: items } = await run(lineWith('scan'));
    expect(items).toHaveLength(1);
    const [{ connectionId }] = items as [{ connectionId: { S: string } }];
    variables.set('CONNECTION_ID', connectionId.S);
    variables.set('CALLBACK_URL', `${emulator.endpoint}/local`);
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
  const functionsAt = (members: number) => functionsFor(members, postsPerSecond(), MEMBERS_PER_SLICE);

  it('are divided from where it says, into as many parts as it says', () => {
    expect(section).toContain(`, ${number(postsPerSecond())} unless set`);
    expect(section).toContain(`From ${number(2 * MEMBERS_PER_SLICE)} on`);
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

describe('a delivery', () => {
  const member = { connectionId: 'c', tokenExpiresAt: 0, version: 1, batch: false };
  const framesIn = (members: number) =>
    framesThatFit(
      { members: Array.from({ length: members }, () => member), rest: undefined },
      postsPerSecond(),
    );

  it('has as many frames as it says, for members that take them one by one', () => {
    expect(text).toContain(
      'at most 100 frames, and at most what 5 seconds of the rate allow, but one at least',
    );
    expect([1, 450, 900].map(framesIn)).toEqual([100, 100, 50]);
    expect(text).toContain('in a room of 10,000 a flush has four frames, and from 45,000 on one');
    expect([10_000, 45_000, 100_000].map(framesIn)).toEqual([4, 1, 1]);
  });
});

describe('the times that it names', () => {
  const { visibilityTimeoutSeconds, retentionSeconds } = queues['room-events.fifo'];

  it('are those of the stack', () => {
    expect(text).toContain(`waits for the visibility timeout, ${visibilityTimeoutSeconds} seconds`);
    expect(text).toContain(`the visibility timeout of its stream, ${visibilityTimeoutSeconds} seconds`);
    expect(retentionSeconds).toBe(4 * 24 * 60 * 60);
    expect(text).toContain('as long as it waits, for four days');
    expect(MEMBER_RETRY_BUDGET_MS).toBe(3_000);
    expect(text).toContain('for three seconds: the connection is closed');
    expect(eventRule.maximumEventAgeSeconds).toBeLessThan(4 * 60);
    expect(text).toContain('retried for less than four minutes');
    expect(text).toContain(`${INVOKE_TIMEOUT_MS / 1000} seconds late`);
  });

  it('and the quota of a room is what SQS takes', () => {
    expect(document).toContain(`| events a second of one room | ${STREAM_SENDS_PER_SECOND} |`);
    expect(text).toContain(`A room's stream takes ${STREAM_SENDS_PER_SECOND} events a second`);
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

  it('adds up what else is billed', () => {
    const table = document.slice(document.indexOf('| for 1,000 users and a month |'));
    const rows = table.slice(0, table.indexOf('\n\n')).split('\n').slice(2);
    const cents = rows.map((row) => Math.round(Number(row.match(/\$([\d.]+) \|$/)?.[1]) * 100));
    const sum = cents.reduce((total, each) => total + each, 0) / 100;
    expect(rows.length).toBe(13);
    expect(text).toContain(`Together $${money(sum)} for 1,000 users`);
    const whole = (users: number) => 0.2939 * users + (sum / 1_000) * users;
    expect(text).toContain(
      `about $${Math.round(whole(100))} for 100 users, $${Math.round(whole(1_000))} for 1,000`,
    );
    expect(text).toContain(
      `of which ${Math.round((100 * 293.9) / whole(1_000))} in a hundred are API Gateway`,
    );
  });

  it('adds up what a stage costs in any case, by the alarms and metrics that there are', () => {
    const table = document.slice(document.indexOf('| for one stage and a month |'));
    const rows = table.slice(0, table.indexOf('\n\n')).split('\n').slice(2);
    const dollars = rows.map((row) => Number(row.match(/\$([\d.]+) \|$/)?.[1]));
    expect(text).toContain(`Together $${money(dollars.reduce((total, each) => total + each, 0))}.`);

    const alarms = resourcesOf(templateOf(), 'AWS::CloudWatch::Alarm').map(([, properties]) => properties);
    const watched = alarms.flatMap(({ Metrics: metrics = [{ MetricStat: {} }] }) =>
      (metrics as { MetricStat?: object }[]).filter(({ MetricStat }) => MetricStat !== undefined),
    );
    expect(rows[0]).toContain(
      `| ${alarms.length} alarms, ${watched.length} metrics | $${money(watched.length * 0.1)} |`,
    );
    const source = readDocument('lib/config/metrics.ts');
    const own = source.match(/^ {2}\| '/gm)?.length ?? 0;
    expect(rows[1]).toContain(`| ${own} | $${money(own * 0.3)} |`);
  });
});
