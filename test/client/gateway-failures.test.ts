import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createTradeRoomClient, type Frame, type TradeRoomClient } from '../../lib/client/client.ts';
import { type Stack, startStack } from '../support/start-stack.ts';

/** So long that nothing but the frame of API Gateway ends a wait. */
const VERY_LONG_MS = 3_600_000;
const PATIENCE = { timeout: 10_000 };

let stack: Stack;
/** Of these functions the next invocation fails; API Gateway says so in its own words. */
const failing = new Set<string>();
let client: TradeRoomClient;

beforeAll(async () => {
  const onInvoke = async ({ functionName }: { functionName: string }) =>
    failing.delete(functionName) ? 0 : 1;
  stack = await startStack({ faults: { onInvoke } });
}, 60_000);
afterEach(() => {
  failing.clear();
  client.close();
});
afterAll(() => stack.close());

function open(network = new EventTarget()) {
  client = createTradeRoomClient({
    url: stack.endpoint.replace('http', 'ws'),
    getToken: () => stack.token('alice'),
    timeoutMs: VERY_LONG_MS,
    // The shortest waits that there are.
    random: () => 0,
    WebSocket,
    network,
  });
  const frames: Record<string, unknown>[] = [];
  client.on('frame', ({ text }: Frame) => frames.push(JSON.parse(text)));
  const room = client.room(`failing-${randomUUID()}`);
  return { room, count: (type: string) => frames.filter((frame) => frame['type'] === type).length, frames };
}

const isFailure = ({ type, message }: Record<string, unknown>) =>
  type === undefined && message === 'Internal server error';

describe('a client of a stage where a function fails before it can answer', () => {
  it('a client authenticates on its next connection when the auth function fails', async () => {
    failing.add('auth');
    const { frames } = open();
    const errors: unknown[] = [];
    client.on('error', ({ code }) => errors.push(code));
    expect(await client.connect()).toMatchObject({ userId: 'alice' });
    expect(frames.filter(isFailure)).toHaveLength(1);
    expect(errors).toEqual(['internal']);
  });

  it('a client reports a failed renewal of its token and keeps its connection when the auth function fails', async () => {
    open();
    await client.connect();
    failing.add('auth');
    await expect(client.renewToken()).rejects.toMatchObject({ code: 'internal' });
    await client.renewToken();
    expect(client.state).toBe('connected');
  });

  it('a client subscribes again on the same connection when the subscribe function fails', async () => {
    const { room, count } = open();
    await client.connect();
    failing.add('subscribeRoom');
    expect(await room.subscribe()).toEqual({ complete: true });
    expect([count('subscribe_room'), count('auth')]).toEqual([2, 1]);
  });

  it('a client receives the events of its room although auth and subscribe failed at first', async () => {
    failing.add('auth').add('subscribeRoom');
    const { room } = open();
    const told: unknown[] = [];
    room.on('order_executed', ({ orderId }) => told.push(orderId));
    await room.subscribe();
    await stack.application.publish('order_executed', { roomId: room.id, data: { orderId: 7 } });
    await expect.poll(() => told, PATIENCE).toEqual([7]);
  });

  it('a client unsubscribes again on the same connection when the unsubscribe function fails', async () => {
    const { room, count } = open();
    await room.subscribe();
    failing.add('unsubscribeRoom');
    await room.unsubscribe();
    expect([count('unsubscribe_room'), count('room_unsubscribed'), count('auth')]).toEqual([2, 1, 1]);
  });

  it('a client keeps its connection and pings again when the ping function fails', async () => {
    const network = new EventTarget();
    const { count, frames } = open(network);
    await client.connect();
    failing.add('ping');
    network.dispatchEvent(new Event('offline'));
    await expect.poll(() => frames.filter(isFailure), PATIENCE).toHaveLength(1);
    network.dispatchEvent(new Event('offline'));
    await expect.poll(() => count('pong'), PATIENCE).toBe(1);
    expect([count('ping'), count('auth'), client.state]).toEqual([2, 1, 'connected']);
  });
});

describe('a client that API Gateway closes', () => {
  it.each([1001, 1008, 1011, 1012])(
    'a client that API Gateway closes with %i reconnects and receives the missed events',
    async (code) => {
      const { room } = open();
      const told: unknown[] = [];
      const closeCodes: unknown[] = [];
      client.on('state', (_, cause) => cause && closeCodes.push(cause.closeCode));
      room.on('order_executed', ({ orderId }) => told.push(orderId));
      await room.subscribe();
      await stack.application.publish('order_executed', { roomId: room.id, data: { orderId: 1 } });
      await expect.poll(() => told, PATIENCE).toEqual([1]);
      const [connection] = stack.connections();
      const path = `/dev/connections/${encodeURIComponent(connection?.connectionId ?? '')}/close`;
      await fetch(`${stack.endpoint}${path}`, { method: 'POST', body: JSON.stringify({ code }) });
      await stack.application.publish('order_executed', { roomId: room.id, data: { orderId: 2 } });
      await expect.poll(() => told, PATIENCE).toEqual([1, 2]);
      expect(closeCodes).toEqual([code]);
    },
  );
});
