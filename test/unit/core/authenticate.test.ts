import { expect, it } from 'vitest';
import { ANNOUNCE_BUDGET_MS } from '../../../lib/core/messages/authenticate.ts';
import { append } from '../../../lib/core/stream/append.ts';
import { allMembers } from '../../support/all-members.ts';
import { aUser } from '../../support/rows.ts';
import { auth, subscribe } from './client-requests.ts';
import { interrupted, repeating } from './disturbed-store.ts';
import { openRoomBeforeEach, type Room } from './room-in-memory.ts';
import { START } from './skipping-time.ts';
import { inStream } from './stream/room-events.ts';

let room: Room;
openRoomBeforeEach((opened) => {
  room = opened;
});

const subscribed = (id: number) => ({
  type: 'room_subscribed',
  data: { roomId: room.roomId, epoch: expect.any(String), seq: 0, recovered: false },
  id,
});
const forbidden = (id: number) => ({
  type: 'error',
  data: { code: 'forbidden_room', requestType: 'subscribe_room', roomId: room.roomId },
  id,
});

async function pending(id: number): Promise<string> {
  const connectionId = await room.connect('member');
  const answer = await subscribe(room, connectionId, room.roomId, { id });
  expect(answer).toMatchObject({ type: 'subscribe_pending', id });
  return connectionId;
}

it('auth answers a pending subscription with room_subscribed, once', async () => {
  const member = await pending(1);
  await auth(room, member, {});
  expect(room.gateway.framesOf(member)).toEqual([subscribed(1)]);
  await auth(room, member, {}, { sentAt: START + 1 });
  expect(room.gateway.framesOf(member)).toHaveLength(1);
});

it('auth answers a pending subscription once even if the SDK repeated the write of the membership', async () => {
  const member = await pending(1);
  await auth({ ...room, store: repeating(room.store, 'putMembership') }, member, {});
  expect(room.gateway.framesOf(member)).toEqual([subscribed(1)]);
});

it('auth answers a pending subscription even if a second subscribe wrote the membership first', async () => {
  const member = await pending(1);
  const second = { sentAt: START + 1, id: 2 };
  const store = interrupted(room.store, 'before', 'putMembership', async () => {
    expect(await subscribe(room, member, room.roomId, second)).toEqual(subscribed(2));
  });
  await auth({ ...room, store }, member, {});
  expect(room.gateway.framesOf(member)).toEqual([subscribed(1)]);
});

it('auth answers a pending subscription even if another room was subscribed to since', async () => {
  const member = await pending(1);
  const store = interrupted(room.store, 'before', 'putMembership', async () => {
    await subscribe(room, member, room.roomId, { sentAt: START + 1, id: 2 });
    await subscribe(room, member, 'another', { sentAt: START + 1, id: 3 });
  });
  await auth({ ...room, store }, member, {});
  expect(room.gateway.framesOf(member)).toEqual([subscribed(1)]);
});

it('auth answers a pending subscription again after API Gateway has throttled the answer', async () => {
  const member = await pending(1);
  room.gateway.script('post', member, 'throttled', 'delivered');
  await auth(room, member, {});
  expect(room.gateway.framesOf(member)).toEqual([subscribed(1)]);
});

it('auth answers a pending subscription with forbidden_room if the user may not join the room', async () => {
  const member = await pending(1);
  expect(await auth(room, member, { allowedRooms: [] })).toMatchObject({ type: 'auth_success' });
  expect(room.gateway.framesOf(member)).toMatchObject([forbidden(1)]);
});

it('a renewal does not answer or write again what the first auth has forbidden', async () => {
  const member = await pending(1);
  await auth(room, member, { allowedRooms: [] });
  const before = await room.store.getConnection(member);
  const written: string[] = [];
  const store = interrupted(room.store, 'before', 'putMembership', async () => written.push(member));
  await auth({ ...room, store }, member, { allowedRooms: [] }, { sentAt: START + 1 });
  expect(room.gateway.framesOf(member)).toMatchObject([forbidden(1)]);
  expect(written).toEqual([]);
  expect((await room.store.getConnection(member))?.rooms).toEqual(before?.rooms);
});

it('auth answers a pending subscription with forbidden_room even if the SDK repeated the refusal', async () => {
  const member = await pending(1);
  await auth({ ...room, store: repeating(room.store, 'refuseRoom') }, member, { allowedRooms: [] });
  expect(room.gateway.framesOf(member)).toMatchObject([forbidden(1)]);
});

const logging = { logTtlMs: 600_000, deadLetterEvent: async () => undefined };

it('a pending subscription recovers what the client asked for, in batches if it wanted them', async () => {
  await append({ ...room, ...logging }, room.roomId, [inStream(1), inStream(2)]);
  const { epoch = '' } = (await room.store.readCursor(room.roomId)) ?? {};
  const member = await room.connect('member');
  await subscribe(room, member, room.roomId, { id: 1, since: { epoch, seq: 1 }, batch: true });
  await auth(room, member, {});
  expect(room.gateway.framesOf(member)).toMatchObject([
    { type: 'room_subscribed', data: { epoch, seq: 2, recovered: true, events: [{ seq: 2 }] }, id: 1 },
  ]);
  expect(await allMembers(room.store, room.roomId)).toMatchObject([{ connectionId: member, batch: true }]);
});

it('a pending subscription brings a snapshot, and single frames, if the client asked for that', async () => {
  const leaderboard = inStream(1, { type: 'leaderboard_update' });
  await append({ ...room, ...logging }, room.roomId, [leaderboard]);
  const member = await room.connect('member');
  await subscribe(room, member, room.roomId, { snapshot: true });
  await auth(room, member, {});
  expect(room.gateway.framesOf(member)).toMatchObject([
    { data: { recovered: false, snapshot: [{ seq: 1 }] } },
  ]);
  expect(await allMembers(room.store, room.roomId)).toMatchObject([{ batch: false }]);
});

it.each(['unavailable', 'timed_out', 'refused'] as const)(
  'a connection is closed if the answer to its pending subscription is %s to the end, because it would hold back events',
  async (outcome) => {
    const member = await pending(1);
    room.gateway.script('post', member, outcome);
    await auth(room, member, {});
    expect(room.gateway.isClosed(member)).toBe(true);
    expect(room.time.clock() - START).toBeLessThan(ANNOUNCE_BUDGET_MS);
  },
);

it('a connection whose answer is refused with 429 to the end stays open, is live, and is counted', async () => {
  const member = await pending(1);
  room.gateway.script('post', member, 'throttled');
  const throttledOut: string[] = [];
  await auth(room, member, {}, { onThrottledOut: () => void throttledOut.push(member) });
  expect([throttledOut, room.gateway.isClosed(member)]).toEqual([[member], false]);
  expect(await allMembers(room.store, room.roomId)).toMatchObject([{ connectionId: member }]);
});

it('auth does not close a connection that has gone by itself', async () => {
  const member = await pending(1);
  room.gateway.drop(member);
  await auth(room, member, {});
  expect(room.gateway.calls).toEqual([`post ${member}`]);
});

it('an auth that arrives after a later one answers with the later expiry, which the memberships have', async () => {
  const member = await room.join('alice', { tokenExpiresAt: START + 1_000 });
  const later = aUser({ tokenExpiresAt: START + 9_000 });
  await room.store.setUser(member, { user: later, sentAt: START + 2 });

  const answer = await auth(room, member, { tokenExpiresAt: START + 5_000 }, { sentAt: START + 1, id: 7 });
  expect(answer).toEqual({
    type: 'auth_success',
    data: { userId: 'alice', expiresAt: START + 9_000 },
    id: 7,
  });
  expect(await allMembers(room.store, room.roomId)).toMatchObject([
    { connectionId: member, tokenExpiresAt: START + 9_000 },
  ]);
});

it('a bad token on a live connection that API Gateway would not close leaves it marked and without memberships', async () => {
  const member = await room.join('alice');
  room.gateway.script('close', member, 'unavailable');
  expect(await auth(room, member, undefined)).toMatchObject({ data: { code: 'auth_failed' } });
  expect((await room.store.getConnection(member))?.closing).toBe('auth_failed');
  expect(await room.hasMembership(member)).toBe(false);
});

const tryAgain = { type: 'error', data: { code: 'internal', requestType: 'auth' }, id: 7 };

it('a token that cannot be checked yet is answered internal, and the connection may still authenticate', async () => {
  const member = await pending(1);
  const before = await room.store.getConnection(member);
  expect(await auth(room, member, 'not yet', { id: 7 })).toMatchObject(tryAgain);
  expect(await room.store.getConnection(member)).toEqual(before);
  expect(room.gateway.framesOf(member)).toEqual([]);
  expect((await auth(room, member, {})).type).toBe('auth_success');
  expect(room.gateway.framesOf(member)).toEqual([subscribed(1)]);
});

it('a renewal that cannot be checked yet is answered internal, and the connection keeps its token', async () => {
  const member = await pending(1);
  await auth(room, member, {});
  const before = await room.store.getConnection(member);
  const renewal = { sentAt: START + 1, id: 7 };
  expect(await auth(room, member, 'not yet', renewal)).toMatchObject(tryAgain);
  expect(await room.store.getConnection(member)).toEqual(before);
});
