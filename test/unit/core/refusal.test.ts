import { describe, expect, it } from 'vitest';
import type { Connection, RoomEntry } from '../../../lib/core/connection.ts';
import {
  authRefusal,
  connectionRefusal,
  FORGET_ROOM_AFTER_MS,
  forgettableRooms,
  MAX_REMEMBERED_ROOMS,
  roomRefusal,
} from '../../../lib/core/refusal.ts';
import { MAX_ROOMS_PER_CONNECTION } from '../../../lib/protocol/limits.ts';

const NOW = 1_790_000_000_000;
const connectionOf = (differences: Partial<Connection> = {}): Connection => ({
  connectionId: 'c',
  version: 1,
  ttl: NOW,
  rooms: new Map(),
  ...differences,
});
const entry = (on: boolean, sentAt = NOW): RoomEntry => ({ on, sentAt, request: { echo: {} } });
const alice = { userId: 'alice', expiresAt: NOW + 1, rooms: '*' } as const;
const rooms = (count: number, on: boolean) =>
  Array.from({ length: count }, (_, index): [string, RoomEntry] => [
    `${on ? 'on' : 'off'}${index}`,
    entry(on),
  ]);

describe('a connection', () => {
  it.each([
    ['no row', undefined, 'unknown'],
    ['a row and no user', connectionOf(), undefined],
    ['a valid token', connectionOf({ user: alice }), undefined],
    [
      'a token that expires in this millisecond',
      connectionOf({ user: { ...alice, expiresAt: NOW } }),
      'token_expired',
    ],
    ['a token that has expired', connectionOf({ user: { ...alice, expiresAt: NOW - 1 } }), 'token_expired'],
    ['an end under way', connectionOf({ closing: 'auth_timeout' }), 'closing'],
    [
      'an end under way and an expired token',
      connectionOf({ closing: 'token_expired', user: { ...alice, expiresAt: NOW - 1 } }),
      'closing',
    ],
  ])('with %s is refused as %3$s', (_, connection, refusal) => {
    expect(connectionRefusal(connection, NOW)).toBe(refusal);
  });
});

describe('a subscribe or an unsubscribe', () => {
  it.each([
    { was: undefined, on: true, later: 0, refusal: undefined },
    { was: undefined, on: false, later: 0, refusal: undefined },
    { was: true, on: false, later: 1, refusal: undefined },
    { was: true, on: true, later: 1, refusal: undefined },
    { was: false, on: true, later: 1, refusal: undefined },
    { was: false, on: false, later: 1, refusal: undefined },
    { was: true, on: false, later: -1, refusal: 'superseded' },
    { was: true, on: true, later: -1, refusal: 'superseded' },
    { was: false, on: true, later: -1, refusal: 'superseded' },
    { was: false, on: false, later: -1, refusal: 'superseded' },
    { was: true, on: false, later: 0, refusal: 'superseded' },
    { was: true, on: true, later: 0, refusal: undefined },
    { was: false, on: true, later: 0, refusal: undefined },
    { was: false, on: false, later: 0, refusal: undefined },
  ])('where the room was $was, on $on, sent $later ms later: $refusal', ({ was, on, later, refusal }) => {
    const known = was === undefined ? new Map() : new Map([['r', entry(was)]]);
    const change = { roomId: 'r', on, sentAt: NOW + later };
    expect(roomRefusal(connectionOf({ rooms: known }), change)).toBe(refusal);
  });

  const full = rooms(MAX_ROOMS_PER_CONNECTION, true);
  it.each([
    ['one room less than may be held', full.slice(1), { roomId: 'new', on: true }, undefined],
    ['all the rooms that may be held', full, { roomId: 'new', on: true }, 'too_many_rooms'],
    ['all the rooms that may be held', full, { roomId: 'on0', on: true }, undefined],
    ['all the rooms that may be held', full, { roomId: 'on0', on: false }, undefined],
    ['all the rooms that may be held', full, { roomId: 'new', on: false }, undefined],
    ['one it has left', [...full, ['r', entry(false)]], { roomId: 'r', on: true }, 'too_many_rooms'],
    [
      'one room less than is remembered',
      rooms(MAX_REMEMBERED_ROOMS - 1, false),
      { roomId: 'new', on: true },
      undefined,
    ],
    [
      'as many as are remembered',
      rooms(MAX_REMEMBERED_ROOMS, false),
      { roomId: 'new', on: true },
      'too_many_remembered',
    ],
    [
      'as many as are remembered',
      rooms(MAX_REMEMBERED_ROOMS, false),
      { roomId: 'new', on: false },
      'too_many_remembered',
    ],
    [
      'as many as are remembered',
      rooms(MAX_REMEMBERED_ROOMS, false),
      { roomId: 'off0', on: true },
      undefined,
    ],
  ] as [string, [string, RoomEntry][], { roomId: string; on: boolean }, string | undefined][])(
    'of a connection with %s: %2$j is %3$s',
    (_, known, change, refusal) => {
      expect(roomRefusal(connectionOf({ rooms: new Map(known) }), { ...change, sentAt: NOW + 1 })).toBe(
        refusal,
      );
    },
  );

  it('that is superseded is answered as such even where there are too many rooms', () => {
    const known = new Map<string, RoomEntry>([...full, ['r', entry(false)]]);
    const change = { roomId: 'r', on: true, sentAt: NOW - 1 };
    expect(roomRefusal(connectionOf({ rooms: known }), change)).toBe('superseded');
  });
});

describe('an auth', () => {
  const auth = { user: alice, sentAt: NOW };
  it.each([
    ['the first', connectionOf(), undefined],
    ['a renewal', connectionOf({ user: alice, authSentAt: NOW - 1 }), undefined],
    ['a renewal of the same millisecond', connectionOf({ user: alice, authSentAt: NOW }), undefined],
    ['one that a later one overtook', connectionOf({ user: alice, authSentAt: NOW + 1 }), 'superseded'],
    ['that of another user', connectionOf({ user: { ...alice, userId: 'bob' } }), 'user_mismatch'],
    [
      'that of another user, overtaken',
      connectionOf({ user: { ...alice, userId: 'bob' }, authSentAt: NOW + 1 }),
      'user_mismatch',
    ],
  ])('that is %s: %3$s', (_, connection, refusal) => {
    expect(authRefusal(connection, auth)).toBe(refusal);
  });
});

describe('rooms to forget', () => {
  it('are those that were left before any message that can still be under way', () => {
    const known = new Map([
      ['on for long', entry(true, NOW - FORGET_ROOM_AFTER_MS - 1)],
      ['left long ago', entry(false, NOW - FORGET_ROOM_AFTER_MS - 1)],
      ['left a moment too late', entry(false, NOW - FORGET_ROOM_AFTER_MS)],
      ['just left', entry(false, NOW)],
    ]);
    expect(forgettableRooms(connectionOf({ rooms: known }), NOW)).toEqual(['left long ago']);
  });

  it('leave space for as many subscriptions as a connection may hold', () => {
    expect(MAX_REMEMBERED_ROOMS).toBeGreaterThan(MAX_ROOMS_PER_CONNECTION);
  });
});
