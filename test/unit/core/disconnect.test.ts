import { expect, it } from 'vitest';
import { removeConnection } from '../../../lib/core/connection/close-connection.ts';
import { reconcileMembership } from '../../../lib/core/connection/reconcile-membership.ts';
import type { Store } from '../../../lib/core/ports.ts';
import { aRoomEntry } from '../../support/rows.ts';
import { openRoomBeforeEach, type Room } from './room-in-memory.ts';
import { START } from './skipping-time.ts';

let room: Room;
openRoomBeforeEach((opened) => {
  room = opened;
});

/** The store with a look at the order of its deletes. */
function watched(store: Store, before: (deleted: string) => Promise<void> | void): Store {
  return {
    ...store,
    async deleteConnection(connectionId) {
      await before('connection');
      return store.deleteConnection(connectionId);
    },
    async deleteMembership(roomId, connectionId, version) {
      await before('membership');
      return store.deleteMembership(roomId, connectionId, version);
    },
  };
}

it('$disconnect removes the connection first and its memberships then', async () => {
  const member = await room.join('member');
  const order: string[] = [];
  await removeConnection(
    watched(room.store, (deleted) => void order.push(deleted)),
    member,
  );
  expect(order).toEqual(['connection', 'membership']);
  expect([await room.hasConnection(member), await room.hasMembership(member)]).toEqual([false, false]);
});

it('$disconnect leaves no membership of a message that was still in flight', async () => {
  const member = await room.join('member');
  const inFlight = await room.store.setRoom(member, room.roomId, aRoomEntry({ sentAt: START + 1 }));
  if (inFlight === undefined) throw new Error('the message was refused');
  await removeConnection(room.store, member);
  expect(await reconcileMembership(room.store, inFlight, room.roomId)).toEqual({
    state: 'gone',
    becameLive: false,
  });
  expect(await room.hasMembership(member)).toBe(false);
});

it('$disconnect removes no other member of the room', async () => {
  const [member, other] = [await room.join('member'), await room.join('other')];
  await removeConnection(room.store, member);
  expect([await room.hasConnection(other), await room.hasMembership(other)]).toEqual([true, true]);
});

it('$disconnect of a connection that is unknown or removed already does nothing', async () => {
  const member = await room.join('member');
  await removeConnection(room.store, member);
  const order: string[] = [];
  await removeConnection(
    watched(room.store, (deleted) => void order.push(deleted)),
    member,
  );
  expect(order).toEqual(['connection']);
});

it('$disconnect that is cut short leaves the connection, or only rows that the first 410 removes', async () => {
  const member = await room.join('member');
  const failing = watched(room.store, (deleted) => {
    if (deleted === 'membership') throw new Error('cut short');
  });
  await expect(removeConnection(failing, member)).rejects.toThrow(new Error('cut short'));
  expect(await room.hasConnection(member)).toBe(false);
  const late = aRoomEntry({ sentAt: START + 1 });
  expect(await room.store.setRoom(member, room.roomId, late)).toBeUndefined();
});
