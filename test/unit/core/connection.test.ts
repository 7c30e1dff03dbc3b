import { expect, it } from 'vitest';
import {
  type SubscriptionState,
  subscriptionState,
  type User,
} from '../../../lib/core/connection/connection.ts';
import { aConnection, aRoomEntry, aUser } from '../../support/rows.ts';

const connection = (rooms: [string, boolean][], allowedRooms?: User['allowedRooms']) =>
  aConnection({
    rooms: new Map(rooms.map(([roomId, on]) => [roomId, aRoomEntry({ on })])),
    ...(allowedRooms !== undefined && { user: aUser({ allowedRooms }) }),
  });

it.each<[User['allowedRooms'], string, SubscriptionState]>([
  ['*', '42', 'live'],
  ['*', '*', 'live'],
  [['42'], '42', 'live'],
  [['7', '42'], '42', 'live'],
  [['7'], '42', 'forbidden'],
  [[], '42', 'forbidden'],
  [['4'], '42', 'forbidden'],
  [['42'], '4', 'forbidden'],
  [['ROOM'], 'room', 'forbidden'],
])('with the allowed rooms %j a subscription of room %j is %s', (allowed, roomId, state) => {
  expect(subscriptionState(connection([[roomId, true]], allowed), roomId)).toBe(state);
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
