import { expect, it } from 'vitest';
import { enforceAuthDeadline } from '../../../lib/core/messages/connect.ts';
import { aUser } from '../../support/rows.ts';
import { openRoomBeforeEach, type Room } from './room-in-memory.ts';
import { START } from './skipping-time.ts';

let room: Room;
openRoomBeforeEach((opened) => {
  room = opened;
});

it('the auth deadline sends auth_timeout to a connection that has not authenticated, and closes it', async () => {
  const stranger = await room.connect('stranger');
  expect(await enforceAuthDeadline(room, stranger)).toBe(true);
  expect(room.gateway.calls).toEqual([`post ${stranger}`, `close ${stranger}`]);
  expect(room.gateway.framesOf(stranger)).toMatchObject([{ type: 'error', data: { code: 'auth_timeout' } }]);
  expect(await room.hasConnection(stranger)).toBe(false);
});

it('the auth deadline does nothing to a connection that has authenticated', async () => {
  const member = await room.join('member');
  const before = await room.store.getConnection(member);
  expect(await enforceAuthDeadline(room, member)).toBe(false);
  expect(await room.store.getConnection(member)).toEqual(before);
  expect(room.gateway.calls).toEqual([]);
});

it('the auth deadline does nothing if the connection has left', async () => {
  expect(await enforceAuthDeadline(room, 'left=')).toBe(false);
  expect(room.gateway.calls).toEqual([]);
});

it('the auth deadline does nothing to a connection that authenticates at this very moment', async () => {
  const late = await room.connect('late');
  const user = aUser({ userId: 'late' });
  let authenticated = false;
  const getConnection = async (connectionId: string) => {
    const seen = await room.store.getConnection(connectionId);
    if (!authenticated) await room.store.setUser(connectionId, { user, sentAt: START });
    authenticated = true;
    return seen;
  };
  await enforceAuthDeadline({ ...room, store: { ...room.store, getConnection } }, late);
  expect(room.gateway.calls).toEqual([]);
  expect((await room.store.getConnection(late))?.user?.userId).toBe('late');
});

it('the auth deadline throws if API Gateway does not close the connection, and closes it when it is retried', async () => {
  const stranger = await room.connect('stranger');
  room.gateway.script('close', stranger, 'unavailable');
  await expect(enforceAuthDeadline(room, stranger)).rejects.toMatchObject({
    message: expect.stringContaining('expected API Gateway to close the connection'),
  });
  expect(await room.hasConnection(stranger)).toBe(true);

  room.gateway.script('close', stranger, 'delivered');
  await enforceAuthDeadline(room, stranger);
  expect(room.gateway.isClosed(stranger)).toBe(true);
  expect(await room.hasConnection(stranger)).toBe(false);
});

it('the auth deadline also closes a member whose close for another reason failed', async () => {
  const member = await room.join('member');
  await room.store.markClosing(member, 'token_expired', 'always');
  await enforceAuthDeadline(room, member);
  expect(room.gateway.framesOf(member)).toMatchObject([{ data: { code: 'token_expired' } }]);
  expect([await room.hasConnection(member), await room.hasMembership(member)]).toEqual([false, false]);
});
