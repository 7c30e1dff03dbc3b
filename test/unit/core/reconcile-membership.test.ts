import { expect, it } from 'vitest';
import type { Connection, User } from '../../../lib/core/connection/connection.ts';
import { reconcileMembership } from '../../../lib/core/connection/reconcile-membership.ts';
import { PRUNE_ROOM_AFTER_MS } from '../../../lib/core/connection/refusal.ts';
import { pruneLeftRooms } from '../../../lib/core/messages/change-room.ts';
import { allMembers } from '../../support/all-members.ts';
import { memoryStore } from '../../support/memory-store.ts';
import { aRoomEntry, aUser, TTL } from '../../support/rows.ts';
import { START } from '../../support/virtual-time.ts';

const NOW = START;

let now = NOW;
const store = memoryStore({ clock: () => now });

let count = 0;

async function authenticated(user: Partial<User> = {}): Promise<string> {
  now = NOW;
  count += 1;
  const connectionId = `settling-${count}=`;
  await store.createConnection({ connectionId, connectedAt: NOW, ttl: TTL });
  await store.setUser(connectionId, {
    user: aUser(user),
    sentAt: NOW,
  });
  return connectionId;
}

async function set(connectionId: string, roomId: string, on: boolean, sentAt: number): Promise<Connection> {
  const changed = await store.setRoom(
    connectionId,
    roomId,
    aRoomEntry({ on, sentAt, request: { echo: { roomId } } }),
  );
  if (changed === undefined) throw new Error('refused');
  return changed;
}

async function memberIds(roomId: string): Promise<string[]> {
  return (await allMembers(store, roomId)).map(({ connectionId }) => connectionId);
}

it('reconcileMembership answers what a newer handler has made of the room, if that was faster', async () => {
  const connectionId = await authenticated();
  const subscribed = await set(connectionId, 'overtaken', true, NOW);
  const left = await set(connectionId, 'overtaken', false, NOW + 1);
  expect(await reconcileMembership(store, left, 'overtaken')).toEqual({ state: 'off', becameLive: false });
  expect(await reconcileMembership(store, subscribed, 'overtaken')).toEqual({
    state: 'off',
    becameLive: false,
  });
  expect(await memberIds('overtaken')).toEqual([]);
});

it('reconcileMembership removes its membership if the connection has gone meanwhile', async () => {
  const connectionId = await authenticated();
  const subscribed = await set(connectionId, 'gone', true, NOW);
  await store.deleteConnection(connectionId);
  expect(await reconcileMembership(store, subscribed, 'gone')).toEqual({
    state: 'gone',
    becameLive: false,
  });
  expect(await memberIds('gone')).toEqual([]);
});

it('reconcileMembership removes its membership if the connection is being closed meanwhile', async () => {
  const connectionId = await authenticated();
  const subscribed = await set(connectionId, 'closing', true, NOW);
  await store.markClosing(connectionId, 'auth_failed', 'always');
  expect(await reconcileMembership(store, subscribed, 'closing')).toEqual({
    state: 'gone',
    becameLive: false,
  });
  expect(await memberIds('closing')).toEqual([]);
});

it('reconcileMembership ends if it refuses a room in the moment in which the token expires', async () => {
  const connectionId = await authenticated({ tokenExpiresAt: NOW + 10, allowedRooms: [] });
  const subscribed = await set(connectionId, 'forbidden', true, NOW);
  now = NOW + 10;
  expect(await reconcileMembership(store, subscribed, 'forbidden')).toEqual({
    state: 'forbidden',
    becameLive: false,
  });
  expect(await memberIds('forbidden')).toEqual([]);
});

it('a room that was subscribed to again since the connection was read is not forgotten', async () => {
  const connectionId = await authenticated();
  const left = await set(connectionId, 'again', false, NOW);
  now = NOW + PRUNE_ROOM_AFTER_MS + 1;
  const back = await set(connectionId, 'again', true, now);
  await reconcileMembership(store, back, 'again');

  await pruneLeftRooms({ store, clock: () => now }, left);
  expect(await memberIds('again')).toEqual([connectionId]);
  expect((await store.getConnection(connectionId))?.rooms.get('again')?.on).toBe(true);
});

it('a room that was left a moment ago is not forgotten, because an older message may still come', async () => {
  const connectionId = await authenticated();
  const left = await set(connectionId, 'recent', false, NOW);
  now = NOW + PRUNE_ROOM_AFTER_MS;
  expect(await pruneLeftRooms({ store, clock: () => now }, left)).toBe(false);
});
