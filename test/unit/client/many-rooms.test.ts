import { expect, it } from 'vitest';
import { MAX_ROOMS_PER_CONNECTION } from '../../../lib/protocol/limits.ts';
import { fresh, type ScriptedClient, scriptedClient } from '../../support/scripted-client.ts';
import type { ScriptedSocket, SentMessage } from '../../support/scripted-web-socket.ts';

const listen = ({ client }: ScriptedClient, id: string) =>
  client.room(id).on('order_executed', () => undefined);
const ids = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);
const states = ({ client }: ScriptedClient, rooms: string[]) =>
  new Set(rooms.map((id) => client.room(id).state));

/** A server with so many places, which serves all messages that are under way in this order. */
function placesOf(socket: ScriptedSocket, places: number, order: (messages: SentMessage[]) => SentMessage[]) {
  const taken = new Set<unknown>();
  const refusals: unknown[] = [];
  let served = 0;
  function serve({ type, data: { roomId }, id }: SentMessage): void {
    if (type === 'unsubscribe_room') {
      taken.delete(roomId);
      socket.send({ type: 'room_unsubscribed', data: { roomId }, id });
    } else if (type === 'subscribe_room' && (taken.has(roomId) || taken.size < places)) {
      taken.add(roomId);
      socket.send({ type: 'room_subscribed', data: { ...fresh(), roomId }, id });
    } else if (type === 'subscribe_room') {
      refusals.push(roomId);
      socket.send({ type: 'error', data: { code: 'too_many_rooms', message: 'no', roomId }, id });
    }
  }
  return {
    refusals,
    serveAll() {
      while (served < socket.sent.length) {
        const underWay = socket.sent.slice(served);
        served = socket.sent.length;
        for (const message of order(underWay)) serve(message);
      }
    },
  };
}

const orders: [string, (messages: SentMessage[]) => SentMessage[]][] = [
  ['as they were sent', (messages) => messages],
  ['the last one first', (messages) => messages.toReversed()],
];

it.each(orders)(
  'rooms that are left for others in one tick are left before those are joined, and none is refused, served %s',
  async (_, order) => {
    const scripted = scriptedClient();
    const before = ids('old-', MAX_ROOMS_PER_CONNECTION);
    const after = ids('new-', MAX_ROOMS_PER_CONNECTION);
    const offs = before.map((id) => listen(scripted, id));
    const server = placesOf(await scripted.accept(), MAX_ROOMS_PER_CONNECTION, order);
    server.serveAll();
    expect(states(scripted, before)).toEqual(new Set(['subscribed']));
    for (const id of after) listen(scripted, id);
    for (const off of offs) off();
    await scripted.settle();
    expect(states(scripted, after)).toEqual(new Set(['subscribing']));
    server.serveAll();
    expect([states(scripted, after), server.refusals]).toEqual([new Set(['subscribed']), []]);
  },
);

it('rooms that are changed for others in one tick do not wait for one another if there are places enough', async () => {
  const scripted = scriptedClient();
  const off = listen(scripted, 'old');
  const socket = await scripted.accept();
  placesOf(socket, MAX_ROOMS_PER_CONNECTION, (messages) => messages).serveAll();
  listen(scripted, 'new');
  off();
  await scripted.settle();
  expect(socket.sent.slice(-2).map(({ type, data }) => `${type} ${data['roomId']}`)).toEqual([
    'unsubscribe_room old',
    'subscribe_room new',
  ]);
});

it('rooms that are changed for others in one tick are not joined if they were left while they waited for a place', async () => {
  const scripted = scriptedClient();
  const offs = ids('old-', MAX_ROOMS_PER_CONNECTION).map((id) => listen(scripted, id));
  const socket = await scripted.accept();
  const server = placesOf(socket, MAX_ROOMS_PER_CONNECTION, (messages) => messages);
  server.serveAll();
  const offNew = listen(scripted, 'new');
  for (const off of offs) off();
  await scripted.settle();
  offNew();
  await scripted.settle();
  server.serveAll();
  expect(socket.sent.filter(({ data }) => data['roomId'] === 'new')).toEqual([]);
});

it('rooms that are changed for others in one tick are joined even if the server fails at the leaves and does them a moment later', async () => {
  const scripted = scriptedClient();
  const offs = ids('old-', MAX_ROOMS_PER_CONNECTION).map((id) => listen(scripted, id));
  const socket = await scripted.accept();
  const server = placesOf(socket, MAX_ROOMS_PER_CONNECTION, (messages) => messages);
  server.serveAll();
  listen(scripted, 'new');
  for (const off of offs) off();
  await scripted.settle();
  for (const { type, id } of socket.sent.slice())
    if (type === 'unsubscribe_room')
      socket.send({ type: 'error', data: { code: 'internal', message: 'failed' }, id });
  await scripted.time.advance(2_000);
  server.serveAll();
  expect(scripted.client.room('new').state).toBe('subscribed');
});

async function full(places: number, wanted: number) {
  const scripted = scriptedClient();
  const rooms = ids('room-', wanted);
  const offs = rooms.map((id) => listen(scripted, id));
  const socket = await scripted.accept();
  const server = placesOf(socket, places, (messages) => messages);
  server.serveAll();
  return { ...scripted, rooms, offs, socket, server };
}

it('a room for which the server has no place is refused, and joined when another one has been left', async () => {
  const { client, offs, server, settle } = await full(2, 3);
  expect(client.room('room-2').state).toBe('refused');
  offs[0]?.();
  await settle();
  server.serveAll();
  expect(client.room('room-2').state).toBe('subscribed');
});

it('a room for which the server has no place is asked for once for each room that is left, not with all others that have none', async () => {
  const { offs, server, settle } = await full(2, 20);
  expect(server.refusals).toHaveLength(18);
  offs[0]?.();
  await settle();
  server.serveAll();
  expect(server.refusals.length).toBeLessThanOrEqual(19);
});

it('a room for which the server has no place is asked for again within half a minute, since the server counts a left room for a while', async () => {
  const { client, rooms, socket, time } = await full(1, 4);
  const roomy = placesOf(socket, 10, (messages) => messages.filter(({ id }) => id > socket.sent.length - 1));
  await time.advance(30_000);
  roomy.serveAll();
  expect(states({ client } as ScriptedClient, rooms)).toEqual(new Set(['subscribed']));
});

it('a room for which the server has no place is not asked for again at once because another one that was asked for at the same time is joined', async () => {
  const scripted = scriptedClient();
  for (const id of ['refused', 'joined']) listen(scripted, id);
  const socket = await scripted.accept();
  const [refused, joined] = socket.sent.filter(({ type }) => type === 'subscribe_room');
  const data = { code: 'too_many_rooms', message: 'no', roomId: 'refused' };
  socket.send({ type: 'error', data, id: refused?.id });
  socket.send({ type: 'room_subscribed', data: { ...fresh(), roomId: 'joined' }, id: joined?.id });
  expect(socket.sent.filter(({ type }) => type === 'subscribe_room')).toHaveLength(2);
});

it.each([
  [0, 15_000],
  [1, 30_000],
])(
  'a room for which the server has no place is asked for again at a moment of its own, so that many clients do not come at once: chance %d, after %d ms',
  async (chance, milliseconds) => {
    const scripted = scriptedClient({ random: () => chance });
    listen(scripted, '42');
    const socket = await scripted.accept();
    const subscribes = () => socket.sent.filter(({ type }) => type === 'subscribe_room').length;
    socket.answer('subscribe_room', 'error', { code: 'too_many_rooms', message: 'no', roomId: '42' });
    await scripted.time.advance(milliseconds - 1);
    expect(subscribes()).toBe(1);
    await scripted.time.advance(1);
    expect(subscribes()).toBe(2);
  },
);

it('a room for which the server has no place holds up none of the others when it is forbidden by then', async () => {
  const { client, socket, time } = await full(1, 3);
  await time.advance(30_000);
  socket.answer('subscribe_room', 'error', { code: 'forbidden_room', message: 'no', roomId: 'room-1' });
  await time.advance(30_000);
  socket.answer('subscribe_room', 'room_subscribed', { ...fresh(), roomId: 'room-2' });
  expect([client.room('room-1').state, client.room('room-2').state]).toEqual(['refused', 'subscribed']);
});

it('a room that is forbidden is asked for again behind a new token, which may allow it', async () => {
  const scripted = scriptedClient();
  listen(scripted, '42');
  const socket = await scripted.accept();
  socket.answer('subscribe_room', 'error', { code: 'forbidden_room', message: 'no', roomId: '42' });
  const renewed = scripted.client.renewToken();
  await scripted.settle();
  socket.answer('auth', 'auth_success', { userId: 'alice', expiresAt: 1e15 });
  await renewed;
  socket.answer('subscribe_room', 'room_subscribed', fresh());
  expect(scripted.client.room('42').state).toBe('subscribed');
});

it('a room that is forbidden is not asked for again behind the very token that took it away', async () => {
  const scripted = scriptedClient();
  listen(scripted, '42');
  const socket = await scripted.accept();
  socket.answer('subscribe_room', 'room_subscribed', fresh());
  void scripted.client.renewToken();
  await scripted.settle();
  socket.send({ type: 'error', data: { code: 'forbidden_room', message: 'no', roomId: '42' } });
  socket.answer('auth', 'auth_success', { userId: 'alice', expiresAt: 1e15 });
  await scripted.settle();
  expect(socket.sent.filter(({ type }) => type === 'subscribe_room')).toHaveLength(1);
});

it('a subscribe at which the server failed may have been done: the room is left if it is not wanted any more', async () => {
  const scripted = scriptedClient();
  const off = listen(scripted, '42');
  const socket = await scripted.accept();
  socket.answer('subscribe_room', 'error', { code: 'internal', message: 'failed', roomId: '42' });
  off();
  const left = scripted.client.room('42').unsubscribe();
  await scripted.time.advance(2_000);
  socket.answer('unsubscribe_room', 'room_unsubscribed', { roomId: '42' });
  expect(await left).toBeUndefined();
});

it.each(['subscribe_room', 'unsubscribe_room'])(
  'a subscribe at which the server failed keeps no process alive after close(): %s',
  async (type) => {
    const scripted = scriptedClient();
    const off = listen(scripted, '42');
    const socket = await scripted.accept();
    if (type === 'unsubscribe_room') {
      socket.answer('subscribe_room', 'room_subscribed', fresh());
      off();
      await scripted.settle();
    }
    socket.answer(type, 'error', { code: 'internal', message: 'failed', roomId: '42' });
    scripted.client.close();
    expect(scripted.time.pending).toBe(0);
  },
);
