import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { removeConnection } from '../../../lib/core/connection/close-connection.ts';
import { PRUNE_ROOM_AFTER_MS } from '../../../lib/core/connection/refusal.ts';
import { pruneLeftRooms } from '../../../lib/core/messages/change-room.ts';
import type { Store } from '../../../lib/core/ports.ts';
import { auth, subscribe, unsubscribe } from './client-requests.ts';
import { openRoomBeforeEach, type Room } from './room-in-memory.ts';

let room: Room;
openRoomBeforeEach((opened) => {
  room = opened;
});

/** The store whose first write of a membership fails at once, while those that began with it take their time. */
function failing(): { store: Store; writes: { begun: number; underWay: number } } {
  const writes = { begun: 0, underWay: 0 };
  const fail =
    <Parameters extends unknown[], Result>(call: (...parameters: Parameters) => Promise<Result>) =>
    async (...parameters: Parameters): Promise<Result> => {
      writes.begun += 1;
      if (writes.begun === 1) throw new Error('no answer');
      writes.underWay += 1;
      await setImmediate();
      const result = await call(...parameters);
      writes.underWay -= 1;
      return result;
    };
  const { putMembership, deleteMembership } = room.store;
  const store = {
    ...room.store,
    putMembership: fail(putMembership),
    deleteMembership: fail(deleteMembership),
  };
  return { store, writes };
}

const inThreeRooms = async (message: typeof subscribe) => {
  const connectionId = await room.connect('member');
  for (const roomId of ['a', 'b', 'c']) await message(room, connectionId, roomId);
  return connectionId;
};

it('if one of several writes of auth fails, all others have ended before the handler does', async () => {
  const connectionId = await inThreeRooms(subscribe);
  const { store, writes } = failing();
  await expect(auth({ ...room, store }, connectionId, {})).rejects.toThrow(new Error('no answer'));
  expect(writes).toEqual({ begun: 3, underWay: 0 });
});

it('if one of several writes of $disconnect fails, all others have ended before the handler does', async () => {
  const connectionId = await inThreeRooms(subscribe);
  const { store, writes } = failing();
  await expect(removeConnection(store, connectionId)).rejects.toThrow(new Error('no answer'));
  expect(writes).toEqual({ begun: 3, underWay: 0 });
});

it('if one of several writes that forget rooms fails, all others have ended before the handler does', async () => {
  const connectionId = await inThreeRooms(unsubscribe);
  const connection = await room.store.getConnection(connectionId);
  if (connection === undefined) throw new Error('the connection is not there');
  room.time.pass(PRUNE_ROOM_AFTER_MS + 1);
  const { store, writes } = failing();
  const forgetting = pruneLeftRooms({ store, clock: room.clock }, connection);
  await expect(forgetting).rejects.toThrow(new Error('no answer'));
  expect(writes).toEqual({ begun: 3, underWay: 0 });
});
