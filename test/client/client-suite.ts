import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { roomEventTypes } from '../../lib/protocol/room-events.ts';
import { sampleEvents } from '../../lib/protocol/sample-events.ts';
import { type Stack, startStack } from '../support/start-stack.ts';
import type { RecordedClientOptions, Recording } from './recorded-client.ts';

/** Where the client runs. */
export interface ClientHost {
  open(options: RecordedClientOptions): Promise<HostedClient>;
  setOffline(isOffline: boolean): Promise<void>;
  close(): Promise<void>;
}

export interface HostedClient {
  recording(): Promise<Recording>;
  close(): Promise<void>;
}

const PATIENCE = { timeout: 10_000 };
/** So long that only something else than waiting brings the client back. */
const VERY_LONG_MS = 3_600_000;

/** What the client does against the real handlers on the emulator, wherever it runs. */
export function describeClient(startHost: (endpoint: string) => Promise<ClientHost>): void {
  let stack: Stack;
  let host: ClientHost;
  const clients: HostedClient[] = [];
  beforeAll(async () => {
    stack = await startStack({});
    host = await startHost(stack.endpoint);
  }, 120_000);
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
  });
  afterAll(async () => {
    await host.close();
    await stack.close();
  });

  async function join(options: Partial<RecordedClientOptions> = {}) {
    const roomId = `client-${randomUUID()}`;
    const client = await host.open({ endpoint: stack.endpoint, roomId, ...options });
    clients.push(client);
    await expect.poll(async () => (await client.recording()).subscribed, PATIENCE).toHaveLength(1);
    const orders = async () =>
      (await client.recording()).events
        .filter(({ type }) => type === 'order_executed')
        .map(({ data }) => data['orderId']);
    const publish = (orderId: number) =>
      stack.application.publish('order_executed', { roomId, data: { orderId } });
    return { client, roomId, orders, publish };
  }

  async function toAll(action: 'drop' | 'expire-token' | 'throttle', body?: object): Promise<void> {
    for (const { connectionId } of stack.connections()) {
      const path = `/dev/connections/${encodeURIComponent(connectionId)}/${action}`;
      await fetch(`${stack.endpoint}${path}`, {
        method: 'POST',
        ...(body && { body: JSON.stringify(body) }),
      });
    }
  }

  it('a client connects, authenticates and receives an event of every type, verbatim and in order', async () => {
    const { client, roomId } = await join();
    const published = roomEventTypes.map((type) => ({ type, data: sampleEvents[type](roomId, 'now') }));
    for (const [index, { type, data }] of published.entries()) {
      await stack.application.publish(type, { roomId, data });
      // One by one: what is published together may be conflated, and the bus promises no order.
      await expect.poll(async () => (await client.recording()).events.length, PATIENCE).toBe(index + 1);
    }
    const { events, states } = await client.recording();
    expect(events.map(({ type, data }) => ({ type, data }))).toEqual(published);
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(states.map(({ state }) => state)).toEqual(['connecting', 'connected']);
  });

  it('a client stays connected while its posts are throttled, and recovers what it missed afterwards', async () => {
    const { client, roomId, orders, publish } = await join();
    await toAll('throttle', { throttled: true });
    await publish(1);
    const isOut = () =>
      stack.printed.some((line) => line.includes(roomId) && line.includes('throttledOut=1'));
    await expect.poll(isOut, PATIENCE).toBe(true);
    await toAll('throttle', { throttled: false });
    await publish(2);
    await expect.poll(orders, PATIENCE).toEqual([1, 2]);
    expect((await client.recording()).connections).toBe(1);
  });

  it('a client recovers what it missed after its connection was dropped', async () => {
    const { client, orders, publish } = await join();
    await publish(1);
    await expect.poll(orders, PATIENCE).toEqual([1]);
    await toAll('drop');
    await publish(2);
    await publish(3);
    await expect.poll(orders, PATIENCE).toEqual([1, 2, 3]);
    // The server may answer the subscribe before the auth that was sent before it.
    const states = async () => (await client.recording()).states.map(({ state }) => state);
    await expect.poll(states, PATIENCE).toEqual(['connecting', 'connected', 'connecting', 'connected']);
    const { subscribed } = await client.recording();
    expect(subscribed.at(-1)).toEqual({ complete: true });
  });

  it('a client reconnects with a new token when the server closes its connection for an expired one', async () => {
    const { client, orders, publish } = await join();
    await toAll('expire-token');
    await publish(1);
    await expect.poll(orders, PATIENCE).toEqual([1]);
    const lastState = async () => (await client.recording()).states.at(-1)?.state;
    await expect.poll(lastState, PATIENCE).toBe('connected');
    const { states, tokens } = await client.recording();
    expect(states.map(({ cause }) => cause)).toContain('token_expired');
    expect(tokens).toBe(2);
  });

  it('a client reconnects at once when it is online again', async () => {
    const settings = { minBackoffMs: VERY_LONG_MS, maxBackoffMs: VERY_LONG_MS };
    const { client, orders, publish } = await join({ settings });
    await host.setOffline(true);
    await toAll('drop');
    await expect
      .poll(async () => (await client.recording()).states.at(-1)?.state, PATIENCE)
      .toBe('connecting');
    await publish(1);
    await host.setOffline(false);
    await expect.poll(orders, PATIENCE).toEqual([1]);
  });

  it('a client gets every event once while its connection is replaced again and again', async () => {
    const { client, orders, publish } = await join({ settings: { reconnectAfterMs: 200 } });
    const ids = Array.from({ length: 40 }, (_, index) => index + 1);
    for (const orderId of ids) await publish(orderId);
    await expect.poll(async () => (await client.recording()).connections, PATIENCE).toBeGreaterThan(3);
    await expect.poll(async () => (await orders()).length, PATIENCE).toBe(ids.length);
    expect(new Set(await orders())).toEqual(new Set(ids));
    const { events, states } = await client.recording();
    expect(events.map(({ seq }) => seq)).toEqual(ids);
    expect(states.map(({ state }) => state)).toEqual(['connecting', 'connected']);
  });

  describe('when the server goes away', () => {
    it('a client waits for a server that has gone, and says what is lost when the new server does not know its rooms', async () => {
      const { client, roomId, orders, publish } = await join({ settings: { maxBackoffMs: 500 } });
      await publish(1);
      await expect.poll(orders, PATIENCE).toEqual([1]);
      const { port } = stack;
      await stack.close();
      await expect
        .poll(async () => (await client.recording()).states.at(-1)?.state, PATIENCE)
        .toBe('connecting');
      stack = await startStack({ port });
      await expect
        .poll(async () => (await client.recording()).subscribed.at(-1), PATIENCE)
        .toEqual({ complete: false, reason: 'epoch_changed' });
      await stack.application.publish('order_executed', { roomId, data: { orderId: 2 } });
      await expect.poll(orders, PATIENCE).toEqual([1, 2]);
    });
  });
}
