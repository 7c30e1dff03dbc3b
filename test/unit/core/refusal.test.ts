import { expect, it } from 'vitest';
import type { RoomEntry } from '../../../lib/core/connection/connection.ts';
import {
  authRefusal,
  connectionRefusal,
  MAX_REMEMBERED_ROOMS,
  PRUNE_ROOM_AFTER_MS,
  prunableRooms,
  type RoomRefusal,
  roomRefusal,
} from '../../../lib/core/connection/refusal.ts';
import { MAX_ROOMS_PER_CONNECTION } from '../../../lib/protocol/limits.ts';
import { aConnection, aRoomEntry, aUser } from '../../support/rows.ts';
import { START } from '../../support/virtual-time.ts';

const NOW = START;
const entry = (on: boolean, sentAt = NOW) => aRoomEntry({ on, sentAt });
const alice = aUser({ tokenExpiresAt: NOW + 1 });
const rooms = (count: number, on: boolean) =>
  Array.from({ length: count }, (_, index): [string, RoomEntry] => [
    `${on ? 'on' : 'off'}${index}`,
    entry(on),
  ]);

const expired = { ...alice, tokenExpiresAt: NOW - 1 };
it.each([
  ['no row', 'unknown', undefined],
  ['a row and no user', 'none', aConnection()],
  ['a valid token', 'none', aConnection({ user: alice })],
  [
    'a token that expires in this millisecond',
    'token_expired',
    aConnection({ user: { ...alice, tokenExpiresAt: NOW } }),
  ],
  ['a token that has expired', 'token_expired', aConnection({ user: expired })],
  ['an end under way', 'closing', aConnection({ closing: 'auth_timeout' })],
  [
    'an end under way and an expired token',
    'closing',
    aConnection({ closing: 'token_expired', user: expired }),
  ],
])('the refusal of a connection with %s is %s', (_, refusal, connection) => {
  expect(connectionRefusal(connection, NOW) ?? 'none').toBe(refusal);
});

it.each([
  { was: 'unknown', to: 'on', later: 0, refusal: 'none' },
  { was: 'unknown', to: 'off', later: 0, refusal: 'none' },
  { was: 'on', to: 'off', later: 1, refusal: 'none' },
  { was: 'on', to: 'on', later: 1, refusal: 'none' },
  { was: 'off', to: 'on', later: 1, refusal: 'none' },
  { was: 'off', to: 'off', later: 1, refusal: 'none' },
  { was: 'on', to: 'off', later: -1, refusal: 'superseded' },
  { was: 'on', to: 'on', later: -1, refusal: 'superseded' },
  { was: 'off', to: 'on', later: -1, refusal: 'superseded' },
  { was: 'off', to: 'off', later: -1, refusal: 'superseded' },
  { was: 'on', to: 'off', later: 0, refusal: 'superseded' },
  { was: 'on', to: 'on', later: 0, refusal: 'none' },
  { was: 'off', to: 'on', later: 0, refusal: 'none' },
  { was: 'off', to: 'off', later: 0, refusal: 'none' },
])(
  'the refusal of a message that turns a room from $was to $to, sent $later ms later, is $refusal',
  ({ was, to, later, refusal }) => {
    const known = was === 'unknown' ? new Map() : new Map([['r', entry(was === 'on')]]);
    const change = { roomId: 'r', on: to === 'on', sentAt: NOW + later };
    expect(roomRefusal(aConnection({ rooms: known }), change) ?? 'none').toBe(refusal);
  },
);

const full = rooms(MAX_ROOMS_PER_CONNECTION, true);
const remembered = rooms(MAX_REMEMBERED_ROOMS, false);
it.each<[string, { roomId: string; on: boolean }, RoomRefusal | 'none', [string, RoomEntry][]]>([
  ['one room less than may be held', { roomId: 'new', on: true }, 'none', full.slice(1)],
  ['all the rooms that may be held', { roomId: 'new', on: true }, 'too_many_rooms', full],
  ['all the rooms that may be held', { roomId: 'on0', on: true }, 'none', full],
  ['all the rooms that may be held', { roomId: 'on0', on: false }, 'none', full],
  ['all the rooms that may be held', { roomId: 'new', on: false }, 'none', full],
  [
    'all the rooms that may be held, and one that was left',
    { roomId: 'r', on: true },
    'too_many_rooms',
    [...full, ['r', entry(false)]],
  ],
  ['one room less than is remembered', { roomId: 'new', on: true }, 'none', remembered.slice(1)],
  ['all the rooms that are remembered', { roomId: 'new', on: true }, 'too_many_remembered', remembered],
  ['all the rooms that are remembered', { roomId: 'new', on: false }, 'too_many_remembered', remembered],
  ['all the rooms that are remembered', { roomId: 'off0', on: true }, 'none', remembered],
])('with %s the refusal of %j is %s', (_, change, refusal, known) => {
  expect(roomRefusal(aConnection({ rooms: new Map(known) }), { ...change, sentAt: NOW + 1 }) ?? 'none').toBe(
    refusal,
  );
});

it('a change that is superseded is refused as superseded even if there are too many rooms', () => {
  const known = new Map<string, RoomEntry>([...full, ['r', entry(false)]]);
  const change = { roomId: 'r', on: true, sentAt: NOW - 1 };
  expect(roomRefusal(aConnection({ rooms: known }), change)).toBe('superseded');
});

const auth = { user: alice, sentAt: NOW };
const bob = { ...alice, userId: 'bob' };
it.each([
  ['the first auth', 'none', aConnection()],
  ['a renewal', 'none', aConnection({ user: alice, authSentAt: NOW - 1 })],
  ['a renewal of the same millisecond', 'none', aConnection({ user: alice, authSentAt: NOW })],
  ['an auth that a later one overtook', 'superseded', aConnection({ user: alice, authSentAt: NOW + 1 })],
  ['an auth of another user', 'user_mismatch', aConnection({ user: bob })],
  ['an overtaken auth of another user', 'user_mismatch', aConnection({ user: bob, authSentAt: NOW + 1 })],
])('the refusal of %s is %s', (_, refusal, connection) => {
  expect(authRefusal(connection, auth) ?? 'none').toBe(refusal);
});

it('a row can drop rooms that were left before any message that can still be under way', () => {
  const known = new Map([
    ['on for long', entry(true, NOW - PRUNE_ROOM_AFTER_MS - 1)],
    ['left long ago', entry(false, NOW - PRUNE_ROOM_AFTER_MS - 1)],
    ['left a moment too late', entry(false, NOW - PRUNE_ROOM_AFTER_MS)],
    ['just left', entry(false, NOW)],
  ]);
  expect(prunableRooms(aConnection({ rooms: known }), NOW)).toEqual(['left long ago']);
});

it('rooms that a row can drop leave space for as many subscriptions as a connection may hold', () => {
  expect(MAX_REMEMBERED_ROOMS).toBeGreaterThan(MAX_ROOMS_PER_CONNECTION);
});
