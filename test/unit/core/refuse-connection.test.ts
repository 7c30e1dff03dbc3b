import { expect, it } from 'vitest';
import { ping } from '../../../lib/core/messages/ping.ts';
import type { ServerAnswer } from '../../../lib/protocol/server-messages.ts';
import { auth, subscribe, unsubscribe } from './client-requests.ts';
import { openRoom, type Room } from './room-in-memory.ts';
import { START } from './skipping-time.ts';

it.each<[string, (room: Room) => Promise<ServerAnswer>]>([
  ['auth', (room) => auth(room, 'lost=', {}, { id: 7 })],
  ['subscribe_room', (room) => subscribe(room, 'lost=', room.roomId, { id: 7 })],
  ['unsubscribe_room', (room) => unsubscribe(room, 'lost=', room.roomId, { id: 7 })],
  [
    'ping',
    (room) =>
      ping(room, { connectionId: 'lost=', sentAt: START, message: { type: 'ping', data: {}, id: 7 } }),
  ],
])(
  'the message %s of a connection without a row is answered internal, and the connection is closed',
  async (requestType, send) => {
    const room = openRoom();
    const told = { type: 'error', data: { code: 'internal', requestType }, id: 7 };
    expect(await send(room)).toMatchObject(told);
    expect(room.gateway.calls).toEqual(['post lost=', 'close lost=']);
    expect(room.gateway.framesOf('lost=')).toMatchObject([told]);
  },
);
