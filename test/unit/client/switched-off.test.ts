import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { TradeRoomClientOptions } from '../../../lib/client/api.ts';
import { createTradeRoomClient } from '../../../lib/client/client.ts';
import { fresh } from '../../support/scripted-client.ts';
import { scriptedWebSocket } from '../../support/scripted-web-socket.ts';

const DAY_MS = 86_400_000;

/** A client on the timers of the system, connected, in a room. */
async function connected(options: Partial<TradeRoomClientOptions>) {
  const { WebSocket, sockets } = scriptedWebSocket();
  const client = createTradeRoomClient({ url: 'ws://a', getToken: () => 'token', WebSocket, ...options });
  client.room(42).on('order_executed', () => undefined);
  await vi.advanceTimersByTimeAsync(0);
  const [socket] = sockets;
  socket?.open();
  socket?.answer('auth', 'auth_success', { userId: 'alice', expiresAt: Date.now() + 1e15 });
  socket?.answer('subscribe_room', 'room_subscribed', fresh());
  await vi.advanceTimersByTimeAsync(0);
  const sent = (type: string) => sockets.flatMap((each) => each.sent).filter((each) => each.type === type);
  return { client, sockets, sent };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it.each([0, Number.POSITIVE_INFINITY])(
  'a client whose pings are switched off pings never: pingIntervalMs %d',
  async (pingIntervalMs) => {
    const { client, sent } = await connected({ pingIntervalMs, reconnectAfterMs: 0 });
    await vi.advanceTimersByTimeAsync(DAY_MS / 2);
    expect(sent('ping')).toEqual([]);
    client.close();
    expect(vi.getTimerCount()).toBe(0);
  },
);

it.each([0, Number.POSITIVE_INFINITY, 30 * DAY_MS])(
  'a client whose replacement is switched off replaces no connection within a day: reconnectAfterMs %d',
  async (reconnectAfterMs) => {
    const { client, sockets } = await connected({ reconnectAfterMs, pingIntervalMs: 0 });
    await vi.advanceTimersByTimeAsync(DAY_MS);
    expect([client.state, sockets.length]).toEqual(['connected', 1]);
    client.close();
    expect(vi.getTimerCount()).toBe(0);
  },
);

it.each([0, Number.POSITIVE_INFINITY])(
  'a client whose timeout is switched off waits as long as it takes: timeoutMs %d',
  async (timeoutMs) => {
    const { WebSocket, sockets } = scriptedWebSocket();
    const client = createTradeRoomClient({ url: 'ws://a', getToken: () => 'token', WebSocket, timeoutMs });
    const user = client.connect();
    await vi.advanceTimersByTimeAsync(DAY_MS);
    expect([client.state, sockets.length]).toEqual(['connecting', 1]);
    sockets[0]?.open();
    await vi.advanceTimersByTimeAsync(DAY_MS);
    sockets[0]?.answer('auth', 'auth_success', { userId: 'alice', expiresAt: Date.now() + DAY_MS });
    expect((await user).userId).toBe('alice');
    client.close();
  },
);
