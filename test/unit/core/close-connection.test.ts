import { expect, it } from 'vitest';
import { closeConnection } from '../../../lib/core/connection/close-connection.ts';
import { aRoomEntry } from '../../support/rows.ts';
import { sendToRoom } from '../../support/send-to-room.ts';
import { openRoomBeforeEach, type Room } from './room-in-memory.ts';
import { START } from './skipping-time.ts';

let room: Room;
openRoomBeforeEach((opened) => {
  room = opened;
});

const rowsOf = async (connectionId: string) => [
  await room.hasConnection(connectionId),
  await room.hasMembership(connectionId),
];

it('closing sends the error frame, closes, and then deletes the rows', async () => {
  const member = await room.join('member');
  const origin = { requestType: 'auth', id: 7 };
  expect(await closeConnection(room, member, 'auth_failed', 'always', origin)).toEqual({ outcome: 'closed' });
  expect(room.gateway.calls).toEqual([`post ${member}`, `close ${member}`]);
  expect(room.gateway.framesOf(member)).toMatchObject([
    { type: 'error', data: { code: 'auth_failed', requestType: 'auth' }, id: 7 },
  ]);
  expect(await rowsOf(member)).toEqual([false, false]);
});

it.each(['gone', 'timed_out', 'refused', 'unavailable'] as const)(
  'closing goes on if the error frame is %s',
  async (outcome) => {
    const member = await room.join('member');
    room.gateway.script('post', member, outcome);
    expect(await closeConnection(room, member, 'token_expired', 'always')).toEqual({ outcome: 'closed' });
    expect(room.gateway.isClosed(member)).toBe(true);
    expect(await rowsOf(member)).toEqual([false, false]);
  },
);

it('closing removes the rows of a connection that had closed itself', async () => {
  const member = await room.join('member');
  room.gateway.drop(member);
  expect(await closeConnection(room, member, 'token_expired', 'always')).toEqual({ outcome: 'closed' });
  expect(await rowsOf(member)).toEqual([false, false]);
});

it('closing is retried after 429 and 500', async () => {
  const member = await room.join('member');
  room.gateway.script('close', member, 'throttled', 'unavailable', 'delivered');
  expect(await closeConnection(room, member, 'token_expired', 'always')).toEqual({ outcome: 'closed' });
  expect(room.gateway.calls.filter((call) => call === `close ${member}`)).toHaveLength(3);
});

it.each([
  ['at first', ['timed_out']],
  ['behind a 429', ['throttled', 'timed_out']],
] as const)('closing closes a second time after no answer %s', async (_, outcomes) => {
  const member = await room.join('member');
  room.gateway.script('close', member, ...outcomes, 'delivered');
  expect(await closeConnection(room, member, 'token_expired', 'always')).toEqual({ outcome: 'closed' });
  expect(room.gateway.calls.filter((call) => call === `close ${member}`)).toHaveLength(outcomes.length + 1);
});

it.each(['throttled', 'unavailable', 'timed_out', 'refused'] as const)(
  'closing fails and keeps the rows if the close is %s to the end',
  async (outcome) => {
    const member = await room.join('member');
    room.gateway.script('close', member, outcome);
    expect(await closeConnection(room, member, 'token_expired', 'always')).toEqual({ outcome: 'failed' });
    expect(await rowsOf(member)).toEqual([true, true]);
    expect(room.time.clock() - START).toBeLessThan(3_000);
  },
);

it('closing is decided by the row, and no later message is accepted', async () => {
  const member = await room.join('member');
  room.gateway.script('close', member, 'refused');
  expect(await closeConnection(room, member, 'auth_failed', 'always')).toEqual({ outcome: 'failed' });
  expect((await room.store.getConnection(member))?.closing).toBe('auth_failed');
  const late = aRoomEntry({ on: false, sentAt: START + 1 });
  expect(await room.store.setRoom(member, room.roomId, late)).toBeUndefined();
});

it('closing is completed with the same code after the function that decided it has failed', async () => {
  const member = await room.join('member');
  await room.store.markClosing(member, 'user_mismatch', 'always');
  const closed = await closeConnection(room, member, 'token_expired', 'if_token_expired');
  expect(closed).toEqual({ outcome: 'closed' });
  expect(room.gateway.framesOf(member)).toMatchObject([{ data: { code: 'user_mismatch' } }]);
});

it('closing does nothing if the guard does not hold, and returns the connection', async () => {
  const member = await room.join('member');
  const kept = await closeConnection(room, member, 'token_expired', 'if_token_expired');
  expect(kept).toEqual({ outcome: 'kept', connection: await room.store.getConnection(member) });
  expect(room.gateway.calls).toEqual([]);
  expect(await rowsOf(member)).toEqual([true, true]);
});

it('closing a connection without a row happens, too, because API Gateway may still hold it', async () => {
  expect(await closeConnection(room, 'no row=', 'auth_failed', 'always')).toEqual({ outcome: 'closed' });
  expect(room.gateway.isClosed('no row=')).toBe(true);
});

it.each(['auth_failed', 'user_mismatch', 'auth_timeout'] as const)(
  'closing for %s that fails at API Gateway leaves the row marked, and the connection gets no more events',
  async (code) => {
    const member = await room.join('member');
    room.gateway.script('close', member, 'unavailable');
    expect(await closeConnection(room, member, code, 'always')).toEqual({ outcome: 'failed' });
    expect((await room.store.getConnection(member))?.closing).toBe(code);
    expect(await rowsOf(member)).toEqual([true, false]);

    await sendToRoom(room, room.roomId, '{"type":"news","data":{}}');
    expect(room.gateway.framesOf(member)).toMatchObject([{ type: 'error', data: { code } }]);
  },
);

it('closing for an expired token that fails at API Gateway keeps the membership, so that the next broadcast tries again', async () => {
  const member = await room.join('member', { tokenExpiresAt: START + 1_000 });
  room.gateway.script('close', member, 'unavailable');
  room.time.pass(1_000);
  const closed = await closeConnection(room, member, 'token_expired', 'if_token_expired');
  expect(closed).toEqual({ outcome: 'failed' });
  expect(await rowsOf(member)).toEqual([true, true]);
});
