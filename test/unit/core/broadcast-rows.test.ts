import { expect, it } from 'vitest';
import { NOTHING_DONE } from '../../../lib/core/broadcast-result.ts';
import { aRoomEntry, aUser, TTL } from '../../support/rows.ts';
import { sendToRoom } from '../../support/send-to-room.ts';
import { openRoomBeforeEach, type Room } from './room-in-memory.ts';
import { START } from './skipping-time.ts';

const nothing = {
  ...NOTHING_DONE,
  functions: 1,
  posts: expect.any(Number),
  lastDeliveryAt: expect.any(Number),
};
const soon = { tokenExpiresAt: START + 1_000 };

let room: Room;
openRoomBeforeEach((opened) => {
  room = opened;
});

const NEWS = '{"type":"news","data":{}}';
const send = () => sendToRoom(room, room.roomId, NEWS);
const typesOf = (connectionId: string) => room.gateway.framesOf(connectionId).map(({ type }) => type);

it('a member that is gone loses its rows and is counted, and the others are served', async () => {
  const [gone, other, third] = [await room.join('gone'), await room.join('other'), await room.join('third')];
  room.gateway.drop(gone);
  expect(await send()).toEqual({ ...nothing, delivered: 2, gone: 1 });
  expect([await room.hasConnection(gone), await room.hasMembership(gone)]).toEqual([false, false]);
  expect([await room.hasConnection(other), await room.hasMembership(other)]).toEqual([true, true]);
  expect(await send()).toEqual({ ...nothing, delivered: 2 });
  expect(typesOf(third)).toEqual(['news', 'news']);
});

it('a member that is gone loses its rows after all others were posted to', async () => {
  const gone = await room.join('gone');
  room.gateway.drop(gone);
  const others = await Promise.all(Array.from({ length: 8 }, (_, index) => room.join(`other-${index}`)));
  const stillThere: boolean[] = [];
  for (const other of others) {
    room.gateway.script('post', other, async () => {
      stillThere.push(await room.hasMembership(gone));
      return 'delivered';
    });
  }
  expect(await send()).toEqual({ ...nothing, delivered: 8, gone: 1 });
  expect(stillThere).toEqual(others.map(() => true));
  expect(await room.hasMembership(gone)).toBe(false);
});

it('a member that is gone loses its membership even if its connection was removed long ago', async () => {
  const ghost = await room.join('ghost');
  await room.store.deleteConnection(ghost);
  room.gateway.drop(ghost);
  expect(await send()).toEqual({ ...nothing, gone: 1 });
  expect(await room.hasMembership(ghost)).toBe(false);
});

it('a member that is gone loses its membership even if its token has expired', async () => {
  const ghost = await room.join('ghost', soon);
  await room.store.deleteConnection(ghost);
  room.gateway.drop(ghost);
  room.time.pass(1_000);
  expect(await send()).toEqual({ ...nothing, expired: 1 });
  expect(await room.hasMembership(ghost)).toBe(false);
  expect(await send()).toEqual(nothing);
});

it('a member whose TTL has passed is no longer a member', async () => {
  const ghost = await room.join('ghost', { tokenExpiresAt: TTL * 1000 + 1 });
  room.time.pass(TTL * 1000 - START);
  expect(await send()).toEqual(nothing);
  expect(typesOf(ghost)).toEqual([]);
});

it.each(['unavailable', 'timed_out', 'refused'] as const)(
  'a member whose post was %s to the end loses its rows and its connection, without an error frame',
  async (outcome) => {
    const [failing, other] = [await room.join('failing'), await room.join('other')];
    room.gateway.script('post', failing, outcome);
    expect(await send()).toEqual({ ...nothing, delivered: 1, failed: 1 });
    expect([await room.hasConnection(failing), await room.hasMembership(failing)]).toEqual([false, false]);
    expect(room.gateway.isClosed(failing)).toBe(true);
    expect(typesOf(failing)).toEqual([]);

    room.gateway.script('post', failing, 'delivered');
    expect(await send()).toEqual({ ...nothing, delivered: 1 });
    expect([typesOf(failing), typesOf(other)]).toEqual([[], ['news', 'news']]);
  },
);

it('a member whose post hung until its token expired is closed even if it was renewed, because the post may still arrive', async () => {
  const member = await room.join('member', soon);
  const hang = async () => {
    const user = aUser({ userId: 'member' });
    await room.store.setUser(member, { user, sentAt: START + 500 });
    room.time.pass(2_000);
    return 'timed_out' as const;
  };
  room.gateway.script('post', member, hang, 'delivered');
  expect(await send()).toEqual({ ...nothing, failed: 1 });
  expect(typesOf(member)).toEqual([]);
  expect([await room.hasConnection(member), await room.hasMembership(member)]).toEqual([false, false]);
  expect(room.gateway.isClosed(member)).toBe(true);
});

it('a member that API Gateway throttled to the end keeps its rows and its connection, and gets the next event', async () => {
  const [slow, other] = [await room.join('slow'), await room.join('other')];
  room.gateway.script('post', slow, 'throttled');
  expect(await send()).toEqual({
    ...nothing,
    delivered: 1,
    throttledOut: 1,
    throttled: expect.any(Number),
  });
  expect([await room.hasConnection(slow), await room.hasMembership(slow)]).toEqual([true, true]);
  expect(room.gateway.isClosed(slow)).toBe(false);

  room.gateway.script('post', slow, 'delivered');
  expect(await send()).toEqual({ ...nothing, delivered: 2 });
  expect([typesOf(slow), typesOf(other)]).toEqual([['news'], ['news', 'news']]);
});

it('a member that could not be served and whose connection was removed long ago loses its membership', async () => {
  const ghost = await room.join('ghost');
  await room.store.deleteConnection(ghost);
  room.gateway.script('post', ghost, 'refused');
  expect(await send()).toEqual({ ...nothing, failed: 1 });
  expect(await room.hasMembership(ghost)).toBe(false);
});

it('a member whose token has expired gets an error frame and is closed without an event', async () => {
  const [expired, other] = [await room.join('expired', soon), await room.join('other')];
  room.time.pass(1_000);
  expect(await send()).toEqual({ ...nothing, delivered: 1, expired: 1 });
  expect(room.gateway.framesOf(expired)).toMatchObject([{ type: 'error', data: { code: 'token_expired' } }]);
  expect(room.gateway.isClosed(expired)).toBe(true);
  expect([await room.hasConnection(expired), await room.hasMembership(expired)]).toEqual([false, false]);
  expect(typesOf(other)).toEqual(['news']);
});

it('a member whose token expires between two attempts is closed without an event', async () => {
  const member = await room.join('member', { tokenExpiresAt: START + 20 });
  room.gateway.script('post', member, 'throttled', 'delivered');
  expect(await send()).toEqual({ ...nothing, expired: 1, throttled: 1 });
  expect(typesOf(member)).toEqual(['error']);
  expect(room.gateway.isClosed(member)).toBe(true);
});

it('a member whose token expires between two frames gets the first, and is closed', async () => {
  const member = await room.join('member', { tokenExpiresAt: START + 20 });
  room.gateway.script(
    'post',
    member,
    async () => {
      room.time.pass(20);
      return 'delivered';
    },
    'delivered',
  );
  const result = await sendToRoom(room, room.roomId, NEWS, '{"type":"more","data":{}}');
  expect(result).toEqual({ ...nothing, expired: 1 });
  expect(typesOf(member)).toEqual(['news', 'error']);
  expect(room.gateway.isClosed(member)).toBe(true);
});

it('a member whose token expires while it waits for its post is closed without an event', async () => {
  const [one, other] = [
    await room.join('one', { tokenExpiresAt: START + 400 }),
    await room.join('other', { tokenExpiresAt: START + 400 }),
  ];
  const result = await sendToRoom({ ...room, postsPerSecond: 2 }, room.roomId, NEWS);
  expect(result).toMatchObject({ delivered: 1, expired: 1 });
  expect([...typesOf(one), ...typesOf(other)].sort()).toEqual(['error', 'news']);
});

it('a member gets its event if its token was renewed between two attempts, before its membership was', async () => {
  const member = await room.join('member', { tokenExpiresAt: START + 20 });
  const user = aUser({ userId: 'member', tokenExpiresAt: START + 9_000 });
  await room.store.setUser(member, { user, sentAt: START + 1 });
  room.gateway.script('post', member, 'throttled', 'delivered');
  expect(await send()).toEqual({ ...nothing, delivered: 1, throttled: 1 });
  expect(room.gateway.isClosed(member)).toBe(false);
});

it('a member whose token was renewed and that is gone loses its rows', async () => {
  const member = await room.join('member', soon);
  const user = aUser({ userId: 'member', tokenExpiresAt: START + 9_000 });
  await room.store.setUser(member, { user, sentAt: START + 1 });
  room.gateway.drop(member);
  room.time.pass(1_000);
  expect(await send()).toEqual({ ...nothing, gone: 1 });
  expect([await room.hasConnection(member), await room.hasMembership(member)]).toEqual([false, false]);
});

it('a member whose token has expired is closed after all others were posted to', async () => {
  const [expired, ...others] = [
    await room.join('expired', soon),
    await room.join('one'),
    await room.join('two'),
    await room.join('three'),
  ];
  room.time.pass(1_000);
  await send();
  const posts = others.map((other) => `post ${other}`);
  expect([...room.gateway.calls.slice(0, 3)].sort()).toEqual(posts.sort());
  expect(room.gateway.calls.slice(3)).toEqual([`post ${expired}`, `close ${expired}`]);
});

it('a member gets events until the millisecond before its token expires', async () => {
  const member = await room.join('member', soon);
  room.time.pass(999);
  expect(await send()).toEqual({ ...nothing, delivered: 1 });
  expect(room.gateway.isClosed(member)).toBe(false);
});

it('a member gets events if its token was renewed and its membership not yet', async () => {
  const member = await room.join('member', soon);
  const user = aUser({ userId: 'member', tokenExpiresAt: START + 9_000 });
  await room.store.setUser(member, { user, sentAt: START + 1 });
  room.time.pass(1_000);
  expect(await send()).toEqual({ ...nothing, delivered: 1 });
  expect(typesOf(member)).toEqual(['news']);
  expect(room.gateway.isClosed(member)).toBe(false);
});

it('a member with a renewed token that is throttled to the end is reminded, because the new token counts', async () => {
  const [member, other] = [await room.join('member', soon), await room.join('other')];
  const user = { userId: 'member', tokenExpiresAt: START + 60_000, allowedRooms: '*' } as const;
  await room.store.setUser(member, { user, sentAt: START + 1 });
  room.time.pass(1_000);
  // With backoffs of half their limit there are ten tries in three seconds; the eleventh post is the reminder.
  room.gateway.script('post', member, ...Array<'throttled'>(10).fill('throttled'), 'delivered');
  expect(await send()).toEqual({ ...nothing, delivered: 2, throttled: 10 });
  expect([typesOf(member), typesOf(other)]).toEqual([['news'], ['news']]);
});

it.each([
  ['left the room', false, '*'],
  ['may not be in the room any more', true, ['another']],
] as const)(
  'a member that renewed its token and %s gets no event and is not closed',
  async (_, on, allowed) => {
    const member = await room.join('member', soon);
    const user = { userId: 'member', tokenExpiresAt: START + 9_000, allowedRooms: allowed };
    await room.store.setUser(member, { user, sentAt: START + 1 });
    await room.store.setRoom(member, room.roomId, aRoomEntry({ on, sentAt: START + 1 }));
    room.time.pass(1_000);
    expect(await send()).toEqual({ ...nothing, expired: 1 });
    expect(room.gateway.calls).toEqual([]);
  },
);

it('a member whose token has expired is closed by the next broadcast if API Gateway would not close it', async () => {
  const expired = await room.join('expired', soon);
  room.gateway.script('close', expired, 'unavailable');
  room.time.pass(1_000);
  expect(await send()).toEqual({ ...nothing, expired: 1 });
  expect((await room.store.getConnection(expired))?.closing).toBe('token_expired');
  expect(await room.hasMembership(expired)).toBe(true);

  room.gateway.script('close', expired, 'delivered');
  expect(await send()).toEqual({ ...nothing, expired: 1 });
  expect(room.gateway.isClosed(expired)).toBe(true);
  expect([await room.hasConnection(expired), await room.hasMembership(expired)]).toEqual([false, false]);
  expect(typesOf(expired)).toEqual(['error', 'error']);
});
