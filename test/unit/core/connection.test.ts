import { describe, expect, it } from 'vitest';
import { type Connection, mayJoin, roomState, type User } from '../../../lib/core/connection.ts';

const user = (rooms: User['rooms']): User => ({ userId: 'alice', expiresAt: 1, rooms });

describe('a user', () => {
  it.each<[User['rooms'], string, boolean]>([
    ['*', '42', true],
    ['*', '*', true],
    [['42'], '42', true],
    [['7', '42'], '42', true],
    [['7'], '42', false],
    [[], '42', false],
    [['4'], '42', false],
    [['42'], '4', false],
    [['ROOM'], 'room', false],
  ])('with the rooms %j may join %j: %s', (rooms, roomId, allowed) => {
    expect(mayJoin(user(rooms), roomId)).toBe(allowed);
  });
});

describe('a room of a connection', () => {
  const entry = (on: boolean) => ({ on, sentAt: 0, request: { echo: {} } });
  const connection = (rooms: [string, boolean][], allowed?: User['rooms']): Connection => ({
    connectionId: 'c',
    version: 1,
    ttl: 1,
    rooms: new Map(rooms.map(([roomId, on]) => [roomId, entry(on)])),
    ...(allowed !== undefined && { user: user(allowed) }),
  });

  it.each([
    ['was never named', [], '*', 'off'],
    ['was left', [['r', false]], '*', 'off'],
    ['was left before authentication', [['r', false]], undefined, 'off'],
    ['is another one', [['s', true]], '*', 'off'],
    ['was subscribed before authentication', [['r', true]], undefined, 'pending'],
    ['is not for this user', [['r', true]], ['s'], 'forbidden'],
    ['is for this user', [['r', true]], ['r'], 'live'],
    ['is for everybody', [['r', true]], '*', 'live'],
  ] as [string, [string, boolean][], User['rooms'] | undefined, string][])(
    'that %s is %4$s',
    (_, rooms, allowed, state) => {
      expect(roomState(connection(rooms, allowed), 'r')).toBe(state);
    },
  );
});
