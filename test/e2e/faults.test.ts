import type { SQSEvent } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { queues } from '../../lib/config/queues.ts';
import { settings } from '../../lib/config/settings.ts';
import type { AwsCall, Faults } from '../../lib/local/faults.ts';
import { manualTime } from '../support/manual-time.ts';
import { joinRoom, request } from '../support/room-client.ts';
import { type Stack, startStack } from '../support/start-stack.ts';
import { connect } from '../support/test-client.ts';

let stack: Stack;
/** What AWS does wrong in the test that runs. */
let faults: Faults = {};

beforeAll(async () => {
  stack = await startStack({
    faults: {
      onCall: async (call) => faults.onCall?.(call),
      onInvoke: async (invocation) => faults.onInvoke?.(invocation) ?? 1,
    },
  });
});
afterEach(() => {
  faults = {};
});
afterAll(() => stack.close());

let count = 0;

/** A room with so many members, and the ids of their connections in the order of the clients. */
async function room(size: number) {
  count += 1;
  const roomId = `faulty-${count}`;
  const token = await stack.token('alice');
  const clients = [];
  const ids: string[] = [];
  for (let member = 0; member < size; member += 1) {
    clients.push(await joinRoom(stack.endpoint, token, roomId));
    ids.push(stack.connections().at(-1)?.connectionId ?? '');
  }
  const publish = (symbol: string) =>
    stack.application.publish('position_closed', { roomId, data: { symbol } });
  return { roomId, clients, ids, publish };
}

/** What the broadcaster has logged of its last broadcast. */
function lastBroadcast(): Record<string, string> {
  const line = stack.printed.findLast((text) => text.startsWith('broadcast: INFO delivery')) ?? '';
  return Object.fromEntries([...line.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value]));
}

describe('a bad connection', () => {
  it('a post that is throttled, fails or is cut off is tried again until the member has the event', async () => {
    const { roomId, clients, ids, publish } = await room(6);
    const left = new Map<string, ('throttle' | 'fail' | 'drop')[]>([
      [ids[0] ?? '', ['throttle', 'throttle']],
      [ids[1] ?? '', ['fail', 'fail']],
      [ids[2] ?? '', ['drop']],
    ]);
    faults = { onCall: async ({ connectionId = '' }) => left.get(connectionId)?.shift() };
    await publish('AAPL');
    for (const client of clients) expect(await client.next()).toMatchObject({ data: { symbol: 'AAPL' } });
    await expect.poll(lastBroadcast).toMatchObject({ roomId, delivered: '6', failed: '0', throttled: '2' });
  });

  it('a post that hangs delays no other member, and its connection is closed', async () => {
    const { roomId, clients, ids, publish } = await room(4);
    const hanging = ids[0];
    faults = { onCall: async ({ connectionId }) => (connectionId === hanging ? 'hang' : undefined) };
    await publish('AAPL');
    for (const client of clients.slice(1))
      expect(await client.next()).toMatchObject({ data: { symbol: 'AAPL' } });
    await expect
      .poll(lastBroadcast, { timeout: 10_000 })
      .toMatchObject({ roomId, delivered: '3', failed: '1' });
    faults = {};
    // API Gateway did not answer the close either: the client's next message ends it.
    clients[0]?.send({ type: 'ping', data: {} });
    expect(await clients[0]?.closed).toMatchObject({ code: 1000 });
    await publish('MSFT');
    for (const client of clients.slice(1))
      expect(await client.next()).toMatchObject({ data: { symbol: 'MSFT' }, prev: 1 });
  });

  it('a connection whose $disconnect was lost is removed with all its rows at its first 410', async () => {
    const { roomId, clients, ids, publish } = await room(3);
    faults = { onInvoke: async ({ functionName }) => (functionName === 'disconnect' ? 0 : 1) };
    clients[0]?.terminate();
    await expect
      .poll(() => stack.connections().map(({ connectionId }) => connectionId))
      .not.toContain(ids[0]);
    const rowsOfFirst = async () =>
      (await stack.rows()).filter((row) => JSON.stringify(row).includes(ids[0] ?? ''));
    expect(await rowsOfFirst()).toHaveLength(2);
    await publish('AAPL');
    for (const client of clients.slice(1))
      expect(await client.next()).toMatchObject({ data: { symbol: 'AAPL' } });
    await expect.poll(lastBroadcast).toMatchObject({ roomId, delivered: '2', gone: '1', failed: '0' });
    expect(await rowsOfFirst()).toEqual([]);
  });
});

describe('an event whose broadcast fails', () => {
  it('an event whose room cannot be read is sent a second later', async () => {
    const time = manualTime(Date.now());
    let failing = true;
    const onCall = async ({ operation }: AwsCall) => (operation === 'Query' && failing ? 'fail' : undefined);
    const slow = await startStack({ time, faults: { onCall } });
    const client = await joinRoom(slow.endpoint, await slow.token('alice'), '1');
    await slow.application.publish('order_failed', { roomId: '1', data: { reason: 'again' } });
    const stays = 'broadcast failed with 1 of 1 messages';
    await expect.poll(() => slow.printed.join('\n'), { timeout: 10_000 }).toContain(stays);
    failing = false;
    await time.advance(999);
    client.send({ type: 'ping', data: { rooms: { 1: 0 } } });
    expect(await client.next()).toMatchObject({ type: 'pong', data: { rooms: { 1: 0 } } });
    await time.advance(1);
    expect(await client.next()).toMatchObject({ type: 'order_failed', data: { reason: 'again' }, seq: 1 });
    await slow.close();
  });

  it('an event whose broadcaster dies is sent again with the same number', async () => {
    const time = manualTime(Date.now());
    let lost = 0;
    const onInvoke = async ({ functionName }: { functionName: string }) => {
      if (functionName !== 'broadcast' || lost > 0) return 1;
      lost += 1;
      return 0;
    };
    const dying = await startStack({ time, faults: { onInvoke } });
    const client = await joinRoom(dying.endpoint, await dying.token('alice'), '1');
    await dying.application.publish('order_failed', { roomId: '1', data: { orderId: 1 } });
    await expect.poll(() => lost, { timeout: 10_000 }).toBe(1);
    await dying.application.publish('order_failed', { roomId: '1', data: { orderId: 2 } });
    await time.advance(queues['room-events.fifo'].visibilityTimeoutSeconds * 1000);
    expect(await client.next()).toMatchObject({ data: { orderId: 1 }, seq: 1, prev: 0 });
    expect(await client.next()).toMatchObject({ data: { orderId: 2 }, seq: 2, prev: 1 });
    await dying.close();
  });
});

describe('an account at its limits', () => {
  it('a burst that needs more functions than the account may run is delivered later, without a loss', async () => {
    const time = manualTime(Date.now());
    const crowded = await startStack({ time, quotas: { concurrency: 2 } });
    const client = await joinRoom(crowded.endpoint, await crowded.token('alice'), '1');
    const ids = Array.from({ length: 12 }, (_, index) => index);
    const publish = (orderId: number) =>
      crowded.application.publish('order_failed', { roomId: '1', data: { orderId } });
    await Promise.all(ids.map(publish));
    const received = () => client.frames.flatMap((frame) => JSON.parse(frame).data.orderId ?? []);
    const aSecondLater = async () => {
      await time.advance(1_000);
      return received().length;
    };
    await expect.poll(aSecondLater, { timeout: 10_000, interval: 20 }).toBe(ids.length);
    expect(received().sort((one, other) => one - other)).toEqual(ids);
    expect(crowded.printed.join('\n')).toContain('ingest is throttled: 2 invocations run');
    await crowded.close();
  });
});

describe('what AWS repeats', () => {
  it('an event that EventBridge delivers twice reaches clients once', async () => {
    const { clients, publish } = await room(1);
    faults = { onInvoke: async ({ functionName }) => (functionName === 'ingest' ? 2 : 1) };
    await publish('AAPL');
    await publish('MSFT');
    expect(await clients[0]?.next()).toMatchObject({ data: { symbol: 'AAPL' }, seq: 1 });
    expect(await clients[0]?.next()).toMatchObject({ data: { symbol: 'MSFT' }, seq: 2, prev: 1 });
  });

  it('an auth deadline that SQS delivers twice closes an unauthenticated connection and no authenticated one', async () => {
    const time = manualTime(Date.now());
    const delivered: string[] = [];
    const repeating = await startStack({
      time,
      faults: {
        onReceive: async () => 'deliver_again',
        async onInvoke({ functionName, event }) {
          if (functionName === 'authDeadline') {
            delivered.push(...(event as SQSEvent).Records.map(({ messageId }) => messageId));
          }
          return 1;
        },
      },
    });
    const stranger = await connect(repeating.endpoint);
    const member = await joinRoom(repeating.endpoint, await repeating.token('alice'), '1');
    await time.advance(settings.authDeadlineSeconds.default * 1000);
    expect(await stranger.closed).toMatchObject({ code: 1000 });
    const codes = stranger.frames.map((frame) => JSON.parse(frame).data.code);
    expect(codes.length).toBeGreaterThan(0);
    // Both may run at the same time, and neither knows whether the other will get as far as to close.
    expect(new Set(codes)).toEqual(new Set(['auth_timeout']));
    await expect.poll(() => delivered.length).toBe(4);
    expect(new Set(delivered).size).toBe(2);
    expect(await request(member, 'ping', {})).toMatchObject({ type: 'pong' });
    const connections = async () => (await repeating.rows()).filter(({ sk }) => sk === 'CONNECTION');
    await expect.poll(connections).toHaveLength(1);
    await repeating.close();
    expect(repeating.printed.filter((line) => /ERROR|failed|sqs:/.test(line))).toEqual([]);
  });

  it('a client message that Lambda handles twice subscribes the client once', async () => {
    const client = await connect(stack.endpoint);
    faults = { onInvoke: async ({ functionName }) => (functionName === 'connect' ? 1 : 2) };
    await request(client, 'auth', { token: await stack.token('alice') });
    expect(await request(client, 'subscribe_room', { roomId: 'twice' })).toMatchObject({
      type: 'room_subscribed',
    });
    faults = {};
    await stack.application.publish('order_failed', { roomId: 'twice', data: {} });
    expect(await client.nextOf('order_failed')).toMatchObject({ roomId: 'twice' });
    await client.close();
  });
});
