import { expect, it } from 'vitest';
import {
  type Connection,
  mayJoin,
  type SubscriptionState,
  subscriptionState,
  type User,
} from '../../../lib/core/connection/connection.ts';

const user = (rooms: User['allowedRooms']): User => ({
  userId: 'alice',
  tokenExpiresAt: 1,
  allowedRooms: rooms,
});

it.each<[User['allowedRooms'], string, boolean]>([
  ['*', '42', true],
  ['*', '*', true],
  [['42'], '42', true],
  [['7', '42'], '42', true],
  [['7'], '42', false],
  [[], '42', false],
  [['4'], '42', false],
  [['42'], '4', false],
  [['ROOM'], 'room', false],
])('a user with the rooms %j may join %j: %s', (rooms, roomId, allowed) => {
  expect(mayJoin(user(rooms), roomId)).toBe(allowed);
});

const entry = (on: boolean) => ({ on, sentAt: 0, request: { echo: {} } });
const connection = (rooms: [string, boolean][], allowed?: User['allowedRooms']): Connection => ({
  connectionId: 'c',
  version: 1,
  ttl: 1,
  rooms: new Map(rooms.map(([roomId, on]) => [roomId, entry(on)])),
  ...(allowed !== undefined && { user: user(allowed) }),
});

it.each<[string, SubscriptionState, [string, boolean][], User['allowedRooms'] | undefined]>([
  ['was never named', 'off', [], '*'],
  ['was left', 'off', [['r', false]], '*'],
  ['was left before authentication', 'off', [['r', false]], undefined],
  ['is another one', 'off', [['s', true]], '*'],
  ['was subscribed before authentication', 'pending', [['r', true]], undefined],
  ['is not for this user', 'forbidden', [['r', true]], ['s']],
  ['is for this user', 'live', [['r', true]], ['r']],
  ['is for everybody', 'live', [['r', true]], '*'],
])('a room of a connection that %s is %s', (_, state, rooms, allowed) => {
  expect(subscriptionState(connection(rooms, allowed), 'r')).toBe(state);
});
