import { describe, expect, it, vi } from 'vitest';
import type { EventMeta } from '../../../lib/client/api.ts';
import { fresh, order, price, scriptedClient } from '../../support/scripted-client.ts';

describe('a room', () => {
  it('is subscribed to right behind auth, with snapshot and batches', async () => {
    const { client, socket, settle } = scriptedClient();
    client.room(42).on('order_executed', () => undefined);
    await settle();
    socket().open();
    expect(socket().sent).toEqual([
      { type: 'auth', data: { token: 'token' }, id: 1 },
      { type: 'subscribe_room', data: { roomId: '42', snapshot: true, batch: true }, id: 2 },
    ]);
  });

  it('is one, however it is named', () => {
    const { client } = scriptedClient();
    expect(client.room(42)).toBe(client.room('42'));
  });

  it('is subscribed when the server says so, also when it was pending first', async () => {
    const { client, accept, settle } = scriptedClient();
    const room = client.room(42);
    const states: string[] = [];
    room.on('state', (state) => states.push(state));
    const subscribed = room.subscribe();
    const socket = await accept();
    socket.answer('subscribe_room', 'subscribe_pending', { roomId: '42' });
    await settle();
    expect(room.state).toBe('subscribing');
    socket.answer('subscribe_room', 'room_subscribed', fresh());
    expect(await subscribed).toEqual({ complete: true });
    expect(states).toEqual(['subscribing', 'subscribed']);
  });

  it('tells its events, typed, with what is known of each', async () => {
    const { client, accept } = scriptedClient();
    const told: [unknown, EventMeta][] = [];
    client.room(42).on('order_executed', ({ orderId }, meta) => told.push([orderId, meta]));
    const socket = await accept();
    socket.answer('subscribe_room', 'room_subscribed', fresh());
    socket.send(order(1));
    const { roomId, id, publishedAt, epoch, seq } = order(1);
    expect(told).toEqual([[1, { roomId, id, publishedAt, epoch, seq, replayed: false }]]);
  });

  it('tells the events of a batch one by one', async () => {
    const { client, accept } = scriptedClient();
    const told: unknown[] = [];
    client.room(42).on('order_executed', ({ orderId }) => told.push(orderId));
    const socket = await accept();
    socket.answer('subscribe_room', 'room_subscribed', fresh());
    socket.send({ type: 'batch', data: { events: [order(1), order(2), order(3)] } });
    expect(told).toEqual([1, 2, 3]);
  });

  it('tells nothing to a listener that is off, and is left with the last one', async () => {
    const { client, accept, settle } = scriptedClient();
    const told: unknown[] = [];
    const room = client.room(42);
    const off = room.on('order_executed', ({ orderId }) => told.push(orderId));
    const offFailed = room.on('order_failed', () => undefined);
    const socket = await accept();
    socket.answer('subscribe_room', 'room_subscribed', fresh());
    off();
    off();
    await settle();
    socket.send(order(1));
    expect(told).toEqual([]);
    expect(room.state).toBe('subscribed');
    offFailed();
    await settle();
    expect(socket.last('unsubscribe_room').data).toEqual({ roomId: '42' });
    expect(room.state).toBe('unsubscribed');
  });

  it('is not left and joined for a component that mounts twice at once', async () => {
    const { client, accept, settle } = scriptedClient();
    client.room(42).on('order_executed', () => undefined)();
    client.room(42).on('order_executed', () => undefined);
    const socket = await accept();
    socket.answer('subscribe_room', 'room_subscribed', fresh());
    await settle();
    expect(socket.sent.map(({ type }) => type)).toEqual(['auth', 'subscribe_room']);
  });

  it('has one request under way at a time: the next one waits for the answer', async () => {
    const { client, accept, settle } = scriptedClient();
    const room = client.room(42);
    const off = room.on('order_executed', () => undefined);
    const socket = await accept();
    off();
    await settle();
    room.on('order_failed', () => undefined);
    await settle();
    room.unsubscribe().catch(() => undefined);
    await settle();
    expect(socket.sent.map(({ type }) => type)).toEqual(['auth', 'subscribe_room']);
    socket.answer('subscribe_room', 'room_subscribed', fresh());
    expect(socket.sent.map(({ type }) => type)).toEqual(['auth', 'subscribe_room', 'unsubscribe_room']);
  });

  it('is left once more when the server has taken the subscribe for the later word', async () => {
    const { client, accept, settle } = scriptedClient();
    const room = client.room(42);
    void room.subscribe();
    const socket = await accept();
    socket.answer('subscribe_room', 'room_subscribed', fresh());
    const left = room.unsubscribe();
    await settle();
    socket.answer('unsubscribe_room', 'room_subscribed', fresh());
    expect(socket.sent.filter(({ type }) => type === 'unsubscribe_room')).toHaveLength(2);
    socket.answer('unsubscribe_room', 'room_unsubscribed', { roomId: '42' });
    expect(await left).toBeUndefined();
  });

  it('drops its listeners with unsubscribe()', async () => {
    const { client, accept, settle } = scriptedClient();
    const told: unknown[] = [];
    const room = client.room(42);
    const off = room.on('order_executed', ({ orderId }) => told.push(orderId));
    const socket = await accept();
    socket.answer('subscribe_room', 'room_subscribed', fresh());
    void room.unsubscribe();
    await settle();
    socket.answer('unsubscribe_room', 'room_unsubscribed', { roomId: '42' });
    const rejoined = room.subscribe();
    await settle();
    off();
    socket.answer('subscribe_room', 'room_subscribed', fresh());
    await rejoined;
    socket.send(order(1));
    expect(told).toEqual([]);
    expect(room.state).toBe('subscribed');
  });

  it('that the server refuses rejects, with the code, and is asked for again only by subscribe()', async () => {
    const { client, accept, settle } = scriptedClient();
    const room = client.room(42);
    const errors: string[] = [];
    room.on('error', ({ code }) => errors.push(code));
    const subscribed = expect(room.subscribe()).rejects.toMatchObject({ code: 'forbidden_room' });
    const socket = await accept();
    socket.answer('subscribe_room', 'error', { code: 'forbidden_room', message: 'no', roomId: '42' });
    await subscribed;
    expect([room.state, errors]).toEqual(['refused', ['forbidden_room']]);
    room.on('order_executed', () => undefined);
    await settle();
    expect(socket.sent.filter(({ type }) => type === 'subscribe_room')).toHaveLength(1);
    const again = room.subscribe();
    await settle();
    socket.answer('subscribe_room', 'room_subscribed', fresh());
    expect(await again).toEqual({ complete: true });
  });

  it('that the server takes away later is refused', async () => {
    const { client, accept } = scriptedClient();
    const room = client.room(42);
    void room.subscribe();
    const socket = await accept();
    socket.answer('subscribe_room', 'room_subscribed', fresh());
    const data = { code: 'forbidden_room', message: 'no', requestType: 'subscribe_room', roomId: '42' };
    socket.send({ type: 'error', data, id: socket.last('subscribe_room').id });
    expect(room.state).toBe('refused');
  });

  it('is asked for again in a moment where the server failed', async () => {
    const { client, accept, time } = scriptedClient();
    const room = client.room(42);
    void room.subscribe();
    const socket = await accept();
    socket.answer('subscribe_room', 'error', { code: 'internal', message: 'failed', roomId: '42' });
    await time.advance(2_000);
    expect(socket.sent.filter(({ type }) => type === 'subscribe_room')).toHaveLength(2);
    socket.answer('subscribe_room', 'room_subscribed', fresh());
    expect(room.state).toBe('subscribed');
  });

  it('tells the last values to a listener that comes later, and no order', async () => {
    const { client, accept } = scriptedClient();
    const room = client.room(42);
    void room.subscribe();
    const socket = await accept();
    const snapshot = [price(1, 1, 100), price(2, 2, 200)];
    socket.answer('subscribe_room', 'room_subscribed', { ...fresh(2), snapshot });
    socket.send(order(3));
    socket.send(price(4, 1, 101));
    socket.send({ ...price(5, 2, 0), type: 'position_closed' });
    const told: unknown[] = [];
    room.on('position_update', ({ currentPrice }, { replayed }) => told.push([currentPrice, replayed]));
    room.on('order_executed', () => told.push('order'));
    expect(told).toEqual([[101, true]]);
    socket.send(price(6, 1, 102));
    expect(told.at(-1)).toEqual([102, false]);
  });

  it('tells nothing more once a listener has closed the client, or left the room', async () => {
    for (const end of ['close', 'leave'] as const) {
      const { client, accept } = scriptedClient();
      const told: unknown[] = [];
      const room = client.room(42);
      room.on('order_executed', ({ orderId }) => {
        told.push(orderId);
        if (end === 'close') client.close();
        else void room.unsubscribe();
      });
      const socket = await accept();
      socket.answer('subscribe_room', 'room_subscribed', fresh());
      socket.send({ type: 'batch', data: { events: [order(1), order(2)] } });
      expect(told).toEqual([1]);
    }
  });

  it('goes on when a listener throws, and the error is not swallowed', async () => {
    const { client, accept } = scriptedClient();
    const told: unknown[] = [];
    const room = client.room(42);
    room.on('order_executed', () => {
      throw new Error('a mistake of the page');
    });
    room.on('order_executed', ({ orderId }) => told.push(orderId));
    const socket = await accept();
    socket.answer('subscribe_room', 'room_subscribed', fresh());
    const uncaught = new Promise((resolve) => {
      vi.stubGlobal('queueMicrotask', (task: () => void) => {
        try {
          task();
        } catch (error) {
          resolve(error);
        }
      });
    });
    socket.send(order(1));
    vi.unstubAllGlobals();
    expect(await uncaught).toMatchObject({ message: 'a mistake of the page' });
    expect(told).toEqual([1]);
  });
});
