import { expect, it } from 'vitest';
import { MAX_REMEMBERED_ROOMS, PRUNE_ROOM_AFTER_MS } from '../../../lib/core/connection/refusal.ts';
import { MAX_ROOMS_PER_CONNECTION } from '../../../lib/protocol/limits.ts';
import { auth, subscribe, unsubscribe } from './client-requests.ts';
import { interrupted, repeating } from './disturbed-store.ts';
import { openRoomBeforeEach, type Room } from './room-in-memory.ts';
import { START } from './skipping-time.ts';

let room: Room;
openRoomBeforeEach((opened) => {
  room = opened;
});

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `${room.roomId}.${index}`);

async function member(allowed: readonly string[] | '*' = '*'): Promise<string> {
  const connectionId = await room.connect('member');
  await auth(room, connectionId, { allowedRooms: allowed });
  return connectionId;
}

const forbidden = (id: number) => ({ type: 'error', data: { code: 'forbidden_room' }, id });

it.each(['setRoom', 'refuseRoom'] as const)(
  'both of two subscribes to a forbidden room are answered forbidden_room, if the second runs after %s of the first',
  async (write) => {
    const connectionId = await member([]);
    let second: unknown;
    const store = interrupted(room.store, 'after', write, async () => {
      second = await subscribe(room, connectionId, room.roomId, { sentAt: START + 1, id: 2 });
    });
    const first = await subscribe({ ...room, store }, connectionId, room.roomId, { id: 1 });
    expect([first, second]).toMatchObject([forbidden(1), forbidden(2)]);
  },
);

it('a subscribe to a forbidden room is answered forbidden_room even if the SDK repeated the refusal', async () => {
  const connectionId = await member([]);
  const store = repeating(room.store, 'refuseRoom');
  expect(await subscribe({ ...room, store }, connectionId, room.roomId, { id: 1 })).toMatchObject(
    forbidden(1),
  );
});

it('a forbidden room takes no space: a client with one room left may still join another', async () => {
  const held = numbered(MAX_ROOMS_PER_CONNECTION - 1);
  const connectionId = await member([...held, 'allowed']);
  for (const roomId of held) await subscribe(room, connectionId, roomId);
  expect(await subscribe(room, connectionId, 'forbidden', { id: 1 })).toMatchObject(forbidden(1));
  expect(await subscribe(room, connectionId, 'allowed')).toMatchObject({ type: 'room_subscribed' });
});

const [early, late] = [START + 5, START + 10];

it('an unsubscribe that arrives after a later subscribe is answered that the room is subscribed', async () => {
  const connectionId = await member();
  await subscribe(room, connectionId, room.roomId, { sentAt: late });
  const answer = await unsubscribe(room, connectionId, room.roomId, { sentAt: early, id: 2 });
  expect(answer).toMatchObject({ type: 'room_subscribed', id: 2 });
  expect(await room.hasMembership(connectionId)).toBe(true);
});

it('a subscribe that arrives after a later unsubscribe is answered that the room is left', async () => {
  const connectionId = await member();
  await unsubscribe(room, connectionId, room.roomId, { sentAt: late });
  const answer = await subscribe(room, connectionId, room.roomId, { sentAt: early, id: 2 });
  expect(answer).toMatchObject({ type: 'room_unsubscribed', id: 2 });
});

it('a connection whose row is full of rooms that it left may join another a minute later', async () => {
  const connectionId = await member();
  const [first = '', second = '', ...others] = numbered(MAX_REMEMBERED_ROOMS);
  const sentAt = START + PRUNE_ROOM_AFTER_MS + 1;
  for (const roomId of others) await unsubscribe(room, connectionId, roomId, { sentAt });
  for (const roomId of [first, second]) await unsubscribe(room, connectionId, roomId);
  const rowsLeft = () => Promise.all([first, second].map((left) => room.hasMembership(connectionId, left)));
  expect(await rowsLeft()).toEqual([true, true]);
  const tooMany = { type: 'error', data: { code: 'too_many_rooms' } };
  expect(await subscribe(room, connectionId, 'another')).toMatchObject(tooMany);

  room.time.pass(sentAt - START);
  const taken = { type: 'room_subscribed' };
  expect(await subscribe(room, connectionId, 'another', { sentAt })).toMatchObject(taken);
  const known = (await room.store.getConnection(connectionId))?.rooms;
  expect([...(known?.keys() ?? [])].sort()).toEqual([...others, 'another'].sort());
  expect(await rowsLeft()).toEqual([false, false]);
});

it('a message is accepted if the token is renewed between its refusal and the closing', async () => {
  const connectionId = await room.join('alice', { tokenExpiresAt: START + 1_000 });
  const beforeRenewal = await room.store.getConnection(connectionId);
  await auth(room, connectionId, { tokenExpiresAt: START + 9_000 }, { sentAt: START + 1 });
  room.time.pass(1_000);

  const { setRoom, getConnection } = room.store;
  let refusals = 0;
  let reads = 0;
  const store: typeof room.store = {
    ...room.store,
    setRoom: async (...change) => (refusals++ === 0 ? undefined : setRoom(...change)),
    getConnection: async (id) => (reads++ === 0 ? beforeRenewal : getConnection(id)),
  };
  const answer = await subscribe({ ...room, store }, connectionId, 'another', {
    sentAt: room.clock(),
    id: 1,
  });
  const data = { roomId: 'another', epoch: expect.any(String), seq: 0, recovered: false };
  expect(answer).toEqual({ type: 'room_subscribed', data, id: 1 });
  expect(room.gateway.calls).toEqual([]);
});
