import { describe, expect, it, vi } from 'vitest';
import { createTradeRoomClient } from '../../../lib/client/client.ts';
import { fresh, scriptedClient } from '../../support/scripted-client.ts';
import { scriptedWebSocket } from '../../support/scripted-web-socket.ts';

describe('a client that is closed', () => {
  it('is connected in the end when it is wanted again in the same tick, as React strict mode does it', async () => {
    const scripted = scriptedClient();
    const room = scripted.client.room(42);
    const off = room.on('order_executed', () => undefined);
    // What a child's and its provider's effects do when they are run twice.
    off();
    scripted.client.close();
    room.on('order_executed', () => undefined);
    const socket = await scripted.accept();
    socket.answer('subscribe_room', 'room_subscribed', fresh());
    expect([scripted.client.state, room.state]).toEqual(['connected', 'subscribed']);
  });

  it('is connected in the end, too, where it was connected before', async () => {
    const scripted = scriptedClient();
    const room = scripted.client.room(42);
    room.subscribe().catch(() => undefined);
    const first = await scripted.accept();
    scripted.client.close();
    room.on('order_executed', () => undefined);
    const second = await scripted.accept();
    second.answer('subscribe_room', 'room_subscribed', fresh());
    expect([first.isClosed, scripted.client.state, room.state]).toEqual([true, 'connected', 'subscribed']);
  });

  it('stays closed for what is wanted later: subscribe() says so at once', async () => {
    const scripted = scriptedClient();
    scripted.client.connect().catch(() => undefined);
    await scripted.accept();
    scripted.client.close();
    await scripted.settle();
    scripted.client.room(42).on('order_executed', () => undefined);
    await expect(scripted.client.room(42).subscribe()).rejects.toMatchObject({ code: 'closed' });
    expect([scripted.client.state, scripted.sockets.length, scripted.time.pending]).toEqual([
      'disconnected',
      1,
      0,
    ]);
  });

  it('breaks a connection off whose server does not answer the close within a second', async () => {
    const { WebSocket, sockets } = scriptedWebSocket();
    const terminated: unknown[] = [];
    class Breakable extends WebSocket {
      override terminate = () => terminated.push(sockets.length);
    }
    const scripted = scriptedClient({ WebSocket: Breakable });
    scripted.client.connect().catch(() => undefined);
    await scripted.settle();
    sockets[0]?.open();
    scripted.client.close();
    await scripted.time.advance(999);
    expect(terminated).toEqual([]);
    await scripted.time.advance(1);
    expect([terminated, scripted.time.pending]).toEqual([[1], 0]);
  });

  it('waits for nothing more when the server answers the close', async () => {
    const { WebSocket, sockets } = scriptedWebSocket();
    class Breakable extends WebSocket {
      override terminate = () => undefined;
    }
    const scripted = scriptedClient({ WebSocket: Breakable });
    scripted.client.connect().catch(() => undefined);
    await scripted.settle();
    sockets[0]?.open();
    scripted.client.close();
    sockets[0]?.close(1000);
    expect(scripted.time.pending).toBe(0);
  });
});

describe('a client where there is no WebSocket', () => {
  const options = { url: 'ws://localhost:4001', getToken: () => 'token' };

  it('can be made, as a page is rendered on a server, and says what is missing when it is to connect', async () => {
    vi.stubGlobal('WebSocket', undefined);
    const client = createTradeRoomClient(options);
    const told: unknown[] = [];
    client.on('error', ({ code, message }) => told.push([code, message]));
    client.on('state', (state, cause) => told.push([state, cause?.code]));
    expect([client.state, client.room(42).state]).toEqual(['disconnected', 'unsubscribed']);
    await expect(client.connect()).rejects.toMatchObject({ code: 'no_web_socket' });
    expect(told).toEqual([
      ['connecting', undefined],
      ['no_web_socket', expect.stringContaining('package ws')],
      ['disconnected', 'no_web_socket'],
    ]);
    vi.unstubAllGlobals();
  });

  it('connects once there is one', async () => {
    vi.stubGlobal('WebSocket', undefined);
    const client = createTradeRoomClient(options);
    await expect(client.room(42).subscribe()).rejects.toMatchObject({ code: 'no_web_socket' });
    const { WebSocket, sockets } = scriptedWebSocket();
    vi.stubGlobal('WebSocket', WebSocket);
    client.connect().catch(() => undefined);
    await expect.poll(() => sockets).toHaveLength(1);
    client.close();
    vi.unstubAllGlobals();
  });
});
