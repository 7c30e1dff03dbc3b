import { afterEach, expect, it } from 'vitest';
import { LOCAL_NAME } from '../../lib/config/local-stack.ts';
import { append, type QueuedEvent } from '../../lib/core/stream/append.ts';
import type { StackDescription } from '../../lib/local/description.ts';
import { MAX_CHAIN } from '../../lib/local/lambda/recursion-detection.ts';
import { dynamoDbStore } from '../../lib/store/dynamodb-store.ts';
import { noLog } from '../support/recording-log.ts';
import { joinRoom } from '../support/room-client.ts';
import { type Stack, startStack } from '../support/start-stack.ts';

const ROOM = 'busy';
/** So large that a delivery, which reads a megabyte of the log, brings nine of them at most. */
const NOTE = 'x'.repeat(120_000);
const ORDERS = 160;

let stack: Stack;
afterEach(() => stack.close());

const numbers = (upTo: number) => Array.from({ length: upTo }, (_, index) => index + 1);

/**
 * A room with a member and a log that is far ahead of what was sent; then one more order is published. Returns what tells the
 * orders that the member has got.
 */
async function start(change = (same: StackDescription) => same) {
  stack = await startStack({ adapt: (description) => withoutRest(change(description)) });
  const client = await joinRoom(stack.endpoint, await stack.token('alice'), ROOM);
  const joined = client.frames.length;
  const store = dynamoDbStore({
    client: stack.application.dynamoDb,
    tableName: LOCAL_NAME,
    clock: Date.now,
  });
  const unused = async () => undefined;
  const deps = {
    store,
    clock: Date.now,
    random: Math.random,
    logTtlMs: 600_000,
    sleep: unused,
    deadLetterEvent: unused,
    log: noLog,
  };
  await append(deps, ROOM, numbers(ORDERS - 1).map(loggedOrder));
  await stack.application.publish('order_executed', { roomId: ROOM, data: { orderId: ORDERS } });
  return () => client.frames.slice(joined).map((text) => JSON.parse(text).data.orderId as number);
}

function loggedOrder(orderId: number): QueuedEvent {
  const data = JSON.stringify({ orderId, note: NOTE });
  return {
    sequenceNumber: String(orderId).padStart(39, '0'),
    event: { type: 'order_executed', roomId: ROOM, id: `order-${orderId}`, publishedAt: Date.now(), data },
  };
}

async function told() {
  const response = await fetch(`${stack.endpoint}/dev/invocations`);
  return (await response.json()) as {
    recursiveInvocationsDropped: Record<string, number>;
  };
}

/** Rooms do not rest between two deliveries, so that the test need not wait. */
function withoutRest(description: StackDescription): StackDescription {
  return changed(description, ({ environment, ...broadcast }) => ({
    ...broadcast,
    environment: { ...environment, DELIVERY_INTERVAL_MS: '0' },
  }));
}

function withoutLoops(description: StackDescription): StackDescription {
  return changed(description, ({ recursiveLoop: _, ...broadcast }) => broadcast);
}

type Broadcast = StackDescription['functions'][string];
function changed(
  description: StackDescription,
  change: (broadcast: Broadcast) => Broadcast,
): StackDescription {
  const { broadcast, ...others } = description.functions;
  if (broadcast === undefined) throw new Error('there is no broadcaster');
  return { ...description, functions: { ...others, broadcast: change(broadcast) } };
}

const refusals = () => stack.printed.filter((line) => line.startsWith('lambda: broadcast is not run'));
const deliveries = () => stack.printed.filter((line) => line.startsWith('broadcast: INFO delivery')).length;

it('a room whose log takes more than 16 deliveries in a row is sent all of it, in order', async () => {
  const orders = await start();
  await expect.poll(() => orders().length, { timeout: 15_000 }).toBe(ORDERS);
  expect(orders()).toEqual(numbers(ORDERS));
  expect(deliveries()).toBeGreaterThan(MAX_CHAIN + 1);
  expect((await told()).recursiveInvocationsDropped).toEqual({});
});

it('a room whose log takes more than 16 deliveries in a row stands still if the broadcaster may not invoke itself through its queue', async () => {
  const orders = await start(withoutLoops);
  await expect.poll(refusals, { timeout: 15_000 }).toHaveLength(1);
  expect((await told()).recursiveInvocationsDropped).toEqual({ broadcast: 1 });
  expect(deliveries()).toBe(MAX_CHAIN);
  expect(orders().length).toBeLessThan(ORDERS);
});
