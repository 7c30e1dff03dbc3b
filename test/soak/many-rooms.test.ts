import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { createTradeRoomClient } from '../../lib/client/client.ts';
import { MAX_ROOMS_PER_CONNECTION } from '../../lib/protocol/limits.ts';
import { joinRoom, request } from '../support/room-client.ts';
import { type Stack, startStack } from '../support/start-stack.ts';

/** A hundred rooms are two hundred messages at once: seconds on an idle machine, minutes on a busy one. */
const PATIENCE = { timeout: 120_000 };

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({});
}, 120_000);
afterAll(() => stack.close());

/** A client on the real handlers, in as many rooms as one connection may have. */
async function full() {
  const client = createTradeRoomClient({
    url: stack.endpoint.replace('http', 'ws'),
    getToken: () => stack.token('alice'),
    WebSocket,
  });
  onTestFinished(() => client.close());
  const told: string[] = [];
  const roomsOf = (prefix: string) =>
    Array.from({ length: MAX_ROOMS_PER_CONNECTION }, (_, index) => `${prefix}-${index}`);
  const listen = (ids: string[]) =>
    ids.map((id) => client.room(id).on('order_executed', (_, { roomId }) => told.push(roomId)));
  const subscribed = (ids: string[]) =>
    expect
      .poll(() => new Set(ids.map((id) => client.room(id).state)), PATIENCE)
      .toEqual(new Set(['subscribed']));
  const before = roomsOf('before');
  const offs = listen(before);
  await subscribed(before);
  return { client, told, roomsOf, listen, subscribed, before, offs };
}

/** The rooms that the server has a subscription of, by its rows of members. */
async function roomsOfServer(): Promise<string[]> {
  const rows = await stack.rows();
  const members = rows.filter(({ pk, on }) => String(pk).endsWith('#MEMBERS') && on === true);
  return members.map(({ pk }) => String(pk).slice('ROOM#'.length, -'#MEMBERS'.length));
}

describe('a client in a hundred rooms', () => {
  it('a client in a hundred rooms changes to a hundred others at once and receives the events of those only', {
    timeout: 300_000,
  }, async () => {
    const { client, told, roomsOf, listen, subscribed, before, offs } = await full();
    const after = roomsOf('after');
    const errors: unknown[] = [];
    for (const id of after) client.room(id).on('error', ({ code }) => errors.push(code));
    listen(after);
    for (const off of offs) off();
    await subscribed(after);
    expect((await roomsOfServer()).sort()).toEqual(after.toSorted());
    expect(new Set(before.map((id) => client.room(id).state))).toEqual(new Set(['unsubscribed']));
    expect(errors).toEqual([]);
    for (const roomId of ['before-0', 'after-0', 'after-99']) {
      await stack.application.publish('order_executed', { roomId, data: { orderId: 1 } });
    }
    await expect.poll(() => told.toSorted(), PATIENCE).toEqual(['after-0', 'after-99']);
  });
});

it('a subscription beyond the maximum is refused with the name of its room, and the other rooms of the connection stay', async () => {
  const full = await joinRoom(
    stack.endpoint,
    await stack.token('bob'),
    ...Array.from({ length: MAX_ROOMS_PER_CONNECTION }, (_, room) => room),
  );
  expect(await request(full, 'subscribe_room', { bullPenId: 'more' })).toMatchObject({
    type: 'error',
    data: { code: 'too_many_rooms', bullPenId: 'more', requestType: 'subscribe_room' },
  });
  expect(await request(full, 'unsubscribe_room', { roomId: 0 })).toMatchObject({
    type: 'room_unsubscribed',
  });
  expect(await request(full, 'subscribe_room', { roomId: 'more' })).toMatchObject({
    type: 'room_subscribed',
  });
  await full.close();
});
