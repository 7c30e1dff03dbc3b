import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LOCAL_NAME } from '../../lib/config/local-stack.ts';
import type { Faults } from '../../lib/local/faults.ts';
import { roomPartition } from '../../lib/store/keys.ts';
import { joinRoom } from '../support/room-client.ts';
import { type Stack, startStack } from '../support/start-stack.ts';
import type { TestClient } from '../support/test-client.ts';

const ROOM = 'stadium';
const CLIENTS = 15;
/** A Query ends after a megabyte, so after four of these. */
const LARGE_ROWS = 4;

let stack: Stack;
let clients: TestClient[];
let faults: Faults = {};

beforeAll(async () => {
  stack = await startStack({
    faults: {
      onCall: async (call) => faults.onCall?.(call),
      onInvoke: async (invocation) => faults.onInvoke?.(invocation) ?? 1,
    },
  });
  const token = await stack.token('alice');
  clients = await Promise.all(Array.from({ length: CLIENTS }, () => joinRoom(stack.endpoint, token, ROOM)));
  await lookLarge();
});
afterEach(() => {
  faults = {};
});
afterAll(() => stack.close());

/**
 * Large rows of clients that have gone, all at the room's very beginning. The first page does not get beyond them, so
 * by what it covers the room has millions of members.
 */
async function lookLarge(): Promise<void> {
  const client = DynamoDBDocumentClient.from(stack.application.dynamoDb);
  const tokenExpiresAt = Date.now() + 60_000;
  for (let row = 0; row < LARGE_ROWS; row += 1) {
    const Item = {
      pk: roomPartition(ROOM),
      sk: `0000000${row}#gone-${row}=`,
      version: 1,
      on: true,
      userId: 'bob',
      tokenExpiresAt,
      ttl: Math.floor(tokenExpiresAt / 1000),
      padding: 'x'.repeat(300_000),
    };
    await client.send(new PutCommand({ TableName: LOCAL_NAME, Item }));
  }
}

/** Publishes an event, and returns what the broadcaster has logged of it. */
async function broadcast(symbol: string): Promise<string> {
  await stack.application.publish('position_closed', { roomId: ROOM, id: symbol, data: { symbol } });
  await expect.poll(() => linesOf(symbol), { timeout: 10_000 }).toHaveLength(1);
  return linesOf(symbol)[0] ?? '';
}

const linesOf = (eventId: string) =>
  stack.printed.filter((line) => line.includes('INFO delivery') && line.includes(`lastEventId=${eventId}`));

/** Everybody has this event next, and nothing else until the answer of a ping that was sent after it. */
async function expectOnce(symbol: string): Promise<void> {
  for (const client of clients) client.send({ type: 'ping', data: {} });
  for (const client of clients) {
    expect(await client.next()).toMatchObject({ type: 'position_closed', data: { symbol } });
    expect(await client.next()).toMatchObject({ type: 'pong' });
  }
}

describe('a room that is too large for one function', () => {
  it('the broadcaster and two workers post to a room that is too large for one function, to each member once', async () => {
    const line = await broadcast('AAPL');
    expect(line).toContain(` delivered=${CLIENTS} gone=${LARGE_ROWS} `);
    expect(line).toMatch(/ functions=3 status=complete .*lagMs=\d+ membersPerSecond=\d+/);
    await expectOnce('AAPL');
  });

  it('the broadcaster posts to all members of a large room itself when Lambda throttles its workers', async () => {
    faults = { onCall: async ({ service }) => (service === 'lambda' ? 'throttle' : undefined) };
    const line = await broadcast('MSFT');
    expect(line).toContain(` delivered=${CLIENTS} `);
    expect(line).toContain(' functions=1 status=complete ');
    expect(stack.printed.join('\n')).toContain('worker_failed');
    await expectOnce('MSFT');
  });

  it('the broadcaster posts to all members of a large room itself when its workers die', async () => {
    faults = { onInvoke: async ({ functionName }) => (functionName === 'broadcastWorker' ? 0 : 1) };
    const line = await broadcast('TSLA');
    expect(line).toContain(` delivered=${CLIENTS} `);
    expect(line).toContain(' functions=1 status=complete ');
    await expectOnce('TSLA');
  });

  it('the broadcaster sends the events of a large room again later when it has lost the answer of a worker, which may still be posting', async () => {
    faults = { onCall: async ({ service }) => (service === 'lambda' ? 'drop' : undefined) };
    const line = await broadcast('NVDA');
    expect(line).toContain(' functions=1 status=retry ');
    expect(stack.printed.join('\n')).toContain('worker_not_answered');
  });
});
