import { describe, expect, it } from 'vitest';
import type { Connection, RoomEntry } from '../../../lib/core/connection/connection.ts';
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

const NOW = 1_790_000_000_000;
const connectionOf = (differences: Partial<Connection> = {}): Connection => ({
  connectionId: 'c',
  version: 1,
  ttl: NOW,
  rooms: new Map(),
  ...differences,
});
const entry = (on: boolean, sentAt = NOW): RoomEntry => ({ on, sentAt, request: { echo: {} } });
const alice = { userId: 'alice', tokenExpiresAt: NOW + 1, allowedRooms: '*' } as const;
const rooms = (count: number, on: boolean) =>
  Array.from({ length: count }, (_, index): [string, RoomEntry] => [
    `${on ? 'on' : 'off'}${index}`,
    entry(on),
  ]);

describe('a connection', () => {
  const expired = { ...alice, tokenExpiresAt: NOW - 1 };
  it.each([
    ['no row', 'unknown', undefined],
    ['a row and no user', undefined, connectionOf()],
    ['a valid token', undefined, connectionOf({ user: alice })],
    [
      'a token that expires in this millisecond',
      'token_expired',
      connectionOf({ user: { ...alice, tokenExpiresAt: NOW } }),
    ],
    ['a token that has expired', 'token_expired', connectionOf({ user: expired })],
    ['an end under way', 'closing', connectionOf({ closing: 'auth_timeout' })],
    [
      'an end under way and an expired token',
      'closing',
      connectionOf({ closing: 'token_expired', user: expired }),
    ],
  ])('with %s: refusal %s', (_, refusal, connection) => {
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
  ])(
    'where the room was $was, on $on, sent $later ms later: refusal $refusal',
    ({ was, on, later, refusal }) => {
      const known = was === undefined ? new Map() : new Map([['r', entry(was)]]);
      const change = { roomId: 'r', on, sentAt: NOW + later };
      expect(roomRefusal(connectionOf({ rooms: known }), change)).toBe(refusal);
    },
  );

  const full = rooms(MAX_ROOMS_PER_CONNECTION, true);
  const remembered = rooms(MAX_REMEMBERED_ROOMS, false);
  it.each<[string, { roomId: string; on: boolean }, RoomRefusal | undefined, [string, RoomEntry][]]>([
    ['one room less than may be held', { roomId: 'new', on: true }, undefined, full.slice(1)],
    ['all the rooms that may be held', { roomId: 'new', on: true }, 'too_many_rooms', full],
    ['all the rooms that may be held', { roomId: 'on0', on: true }, undefined, full],
    ['all the rooms that may be held', { roomId: 'on0', on: false }, undefined, full],
    ['all the rooms that may be held', { roomId: 'new', on: false }, undefined, full],
    ['as many and one it left', { roomId: 'r', on: true }, 'too_many_rooms', [...full, ['r', entry(false)]]],
    ['one room less than is remembered', { roomId: 'new', on: true }, undefined, remembered.slice(1)],
    ['as many as are remembered', { roomId: 'new', on: true }, 'too_many_remembered', remembered],
    ['as many as are remembered', { roomId: 'new', on: false }, 'too_many_remembered', remembered],
    ['as many as are remembered', { roomId: 'off0', on: true }, undefined, remembered],
  ])('of a connection with %s: %j: refusal %s', (_, change, refusal, known) => {
    expect(roomRefusal(connectionOf({ rooms: new Map(known) }), { ...change, sentAt: NOW + 1 })).toBe(
      refusal,
    );
  });

  it('that is superseded is answered as such even where there are too many rooms', () => {
    const known = new Map<string, RoomEntry>([...full, ['r', entry(false)]]);
    const change = { roomId: 'r', on: true, sentAt: NOW - 1 };
    expect(roomRefusal(connectionOf({ rooms: known }), change)).toBe('superseded');
  });
});

describe('an auth', () => {
  const auth = { user: alice, sentAt: NOW };
  const bob = { ...alice, userId: 'bob' };
  it.each([
    ['the first', undefined, connectionOf()],
    ['a renewal', undefined, connectionOf({ user: alice, authSentAt: NOW - 1 })],
    ['a renewal of the same millisecond', undefined, connectionOf({ user: alice, authSentAt: NOW })],
    ['one that a later one overtook', 'superseded', connectionOf({ user: alice, authSentAt: NOW + 1 })],
    ['that of another user', 'user_mismatch', connectionOf({ user: bob })],
    ['that of another user, overtaken', 'user_mismatch', connectionOf({ user: bob, authSentAt: NOW + 1 })],
  ])('that is %s: refusal %s', (_, refusal, connection) => {
    expect(authRefusal(connection, auth)).toBe(refusal);
  });
});

describe('rooms that the row can drop', () => {
  it('are those that were left before any message that can still be under way', () => {
    const known = new Map([
      ['on for long', entry(true, NOW - PRUNE_ROOM_AFTER_MS - 1)],
      ['left long ago', entry(false, NOW - PRUNE_ROOM_AFTER_MS - 1)],
      ['left a moment too late', entry(false, NOW - PRUNE_ROOM_AFTER_MS)],
      ['just left', entry(false, NOW)],
    ]);
    expect(prunableRooms(connectionOf({ rooms: known }), NOW)).toEqual(['left long ago']);
  });

  it('leave space for as many subscriptions as a connection may hold', () => {
    expect(MAX_REMEMBERED_ROOMS).toBeGreaterThan(MAX_ROOMS_PER_CONNECTION);
  });
});
