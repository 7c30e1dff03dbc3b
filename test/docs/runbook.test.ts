import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERROR_QUERY } from '../../lib/stack/operations.ts';
import { applicationClients } from '../support/application-clients.ts';
import { runAwsCli } from '../support/aws-cli.ts';
import { codeBlocks, readDocument } from '../support/markdown.ts';
import { joinRoom } from '../support/room-client.ts';
import { type LocalEmulator, startCommand, startLocal } from '../support/start-local.ts';

const pages = ['deploy', 'runbook', 'logs', 'costs', 'limits', 'cut-over'];
/** The snippets of all operations pages. */
const blocks = pages.flatMap((page) => codeBlocks(readDocument(`docs/operations/${page}.md`)));

let emulator: LocalEmulator;
let application: ReturnType<typeof applicationClients>;
/** The variables of the shell. */
const variables = new Map([['STAGE', 'local']]);

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

/** Runs the command of the runbook on the emulator, and returns the lines it printed. */
async function redrive(): Promise<string[]> {
  const [line = ''] = blocks.filter(({ info }) => info === 'sh redrive').map(({ code }) => code.trim());
  expect(line).toBe('npm run redrive -- --stage $STAGE');
  const { stdout, stderr } = await startCommand('redrive', ['--port', String(emulator.port)]).ended;
  expect(stderr).toBe('');
  return stdout.split('\n').filter((text) => text !== '');
}

describe('the operations pages', () => {
  it('the operations pages have only snippets that a test runs or that are marked as for AWS only', () => {
    // test/e2e/trace.test.ts runs those of `trace`, deploy.test.ts the token modes and the construct, and publisher.test.ts
    // compares the calls.
    const known = [
      'sh stage',
      'sh token modes',
      'js construct',
      'js after',
      'sh old server',
      'sh aws',
      'sh aws-only',
      'sh trace',
      'sh redrive',
      'js before',
      'logs-insights',
    ];
    expect(blocks.map(({ info }) => info).filter((info) => !known.includes(info))).toEqual([]);
    const operations = lines.map((line) => line.match(/aws (\S+ \S+)/)?.[1]);
    expect(operations).toEqual([
      'sqs get-queue-url',
      'sqs purge-queue',
      'sqs get-queue-url',
      'sqs get-queue-attributes',
      'sqs receive-message',
      'sqs purge-queue',
      'sqs get-queue-url',
      'sqs receive-message',
      'sqs purge-queue',
      'dynamodb scan',
      'dynamodb delete-item',
      'dynamodb scan',
      'apigatewaymanagementapi delete-connection',
    ]);
  });

  it('the operations pages say of each command that no test runs that it is not tried', () => {
    const silent = blocks.filter(
      ({ info, code }) => info === 'sh aws-only' && !code.startsWith('# not tried\n'),
    );
    expect(silent).toEqual([]);
  });

  it('the operations pages show the query for errors that the stack saves', () => {
    const { code } = blocks.find(({ info }) => info === 'logs-insights') ?? { code: '' };
    expect(code.trim()).toBe(ERROR_QUERY);
  });
});

describe('the runbook', () => {
  it('the runbook commands print the dead letters with their reasons', async () => {
    await application.publish('order_exected', { roomId: '42', data: {} });
    await emulator.printed(/event_dead_lettered/);
    await run(lineWith('get-queue-url', '-event-dead-letters'));
    const { Attributes: attributes } = await run(lineWith('get-queue-attributes'));
    expect(attributes).toEqual({ ApproximateNumberOfMessages: '1' });
    const { Messages: letters } = await run(lineWith('receive-message', '$QUEUE'));
    expect(letters).toMatchObject([{ MessageAttributes: { ERROR_CODE: { StringValue: 'unknown_event' } } }]);
  });

  it('the redrive command of the runbook publishes what failed and is still news, and leaves the rest', async () => {
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

  it('the runbook command empties the dead-letter queue', async () => {
    await run(lineWith('purge-queue', '$QUEUE'));
    const { Attributes: attributes } = await run(lineWith('get-queue-attributes'));
    expect(attributes).toEqual({ ApproximateNumberOfMessages: '0' });
  });

  it('the runbook commands print what a room stream could not take, with its room, and purge it', async () => {
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

  it('the runbook commands purge the dead letters of the deadlines', async () => {
    await run(lineWith('get-queue-url', 'auth-deadline-dead-letters'));
    const QueueUrl = variables.get('DEADLINES');
    await application.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{"connectionId":"c"}' }));
    await run(lineWith('purge-queue', '$DEADLINES'));
    const look = lineWith('receive-message', '$QUEUE').replace('$QUEUE', '$DEADLINES');
    expect(await run(look)).not.toHaveProperty('Messages');
  });

  it('the runbook commands list the cursors of the table and delete one', async () => {
    variables.set('TABLE', 'trade-room-local');
    const client = await joinRoom(emulator.endpoint, await emulator.token('alice'), '42');
    await application.publish('order_executed', { roomId: '42', data: {} });
    await client.nextOf('order_executed');
    const key = { pk: { S: 'ROOM#42#LOG' } };
    expect((await run(lineWith('scan', 'CURSOR')))['Items']).toContainEqual(key);
    await run(lineWith('delete-item'));
    expect((await run(lineWith('scan', 'CURSOR')))['Items']).not.toContainEqual(key);
    await client.close();
  });

  it('the runbook commands disconnect one user and nobody else', async () => {
    const alice = await joinRoom(emulator.endpoint, await emulator.token('alice'), 'one', 'two');
    const bob = await joinRoom(emulator.endpoint, await emulator.token('bob'), 'one');
    variables.set('TABLE', 'trade-room-local');
    const { Items: items } = await run(lineWith('scan', 'alice'));
    expect(items).toHaveLength(1);
    const [{ connectionId }] = items as [{ connectionId: { S: string } }];
    variables.set('CONNECTION_ID', connectionId.S);
    variables.set('CALLBACK_URL', `${emulator.endpoint}/local`);
    await run(lineWith('delete-connection'));
    expect(await alice.closed).toMatchObject({ code: 1000 });
    await expect.poll(async () => (await run(lineWith('scan', 'alice')))['Items']).toEqual([]);
    bob.send({ type: 'ping', data: {} });
    expect(await bob.next()).toMatchObject({ type: 'pong' });
    await bob.close();
  });
});
