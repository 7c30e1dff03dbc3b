import { expect, it } from 'vitest';
import { ping } from '../../../lib/core/messages/ping.ts';
import { append } from '../../../lib/core/stream/append.ts';
import { deliver } from '../../../lib/core/stream/deliver.ts';
import type { RequestId } from '../../../lib/protocol/client-messages.ts';
import { START } from '../../support/virtual-time.ts';
import { auth, subscribe, unsubscribe } from './client-requests.ts';
import { inStream } from './stream/room-events.ts';
import { streamRoom } from './stream/stream-room.ts';

/** A connection that may be in two rooms, of which one has been sent two events and has logged a third. */
async function connected({ authenticates = true } = {}) {
  const room = streamRoom();
  const { deps } = room;
  await deps.store.createConnection({ connectionId: 'c', connectedAt: START, ttl: START / 1000 + 7_800 });
  if (authenticates) await auth(deps, 'c', { allowedRooms: ['r', 'empty'] });
  const { cursor, logged } = await append(deps, 'r', [inStream(1), inStream(2)]);
  await deliver(deps, 'r', cursor, logged);
  await append(deps, 'r', [inStream(3)]);
  return {
    deps,
    subscribe: (roomId: string) => subscribe(deps, 'c', roomId),
    unsubscribe: (roomId: string) => unsubscribe(deps, 'c', roomId, { sentAt: START + 1 }),
    ping(rooms?: Record<string, number>, id?: RequestId) {
      const data = rooms === undefined ? {} : { rooms };
      const message = { type: 'ping', data, ...(id !== undefined && { id }) } as const;
      return ping(deps, { connectionId: 'c', sentAt: START, message });
    },
  };
}

it('a ping that names no room is answered without any', async () => {
  expect(await (await connected()).ping(undefined, 7)).toEqual({ type: 'pong', data: {}, id: 7 });
});

it('a ping that names a room is answered with the number of the last frame that the client must have', async () => {
  const connection = await connected();
  await connection.subscribe('r');
  expect(await connection.ping({ r: 1 }, 'x')).toEqual({
    type: 'pong',
    data: { rooms: { r: 2 } },
    id: 'x',
  });
});

it('a ping of a room without events is answered 0, and changes nothing in the room', async () => {
  const connection = await connected();
  await connection.subscribe('empty');
  expect(await connection.ping({ empty: 0 })).toEqual({ type: 'pong', data: { rooms: { empty: 0 } } });
});

it.each<[string, (connection: Awaited<ReturnType<typeof connected>>) => Promise<unknown>, object]>([
  ['it never subscribed to', async () => undefined, {}],
  ['it has left', async ({ subscribe, unsubscribe }) => [await subscribe('r'), await unsubscribe('r')], {}],
  ['it may not join', ({ subscribe }) => subscribe('other'), {}],
  ['it waits for, as it has not authenticated', ({ subscribe }) => subscribe('r'), { authenticates: false }],
])('a ping tells nothing of a room that %s', async (_, prepare, options) => {
  const connection = await connected(options);
  await prepare(connection);
  expect(await connection.ping({ r: 1, other: 1 })).toEqual({ type: 'pong', data: { rooms: {} } });
});

it('a ping may name rooms like properties of objects', async () => {
  const rooms = JSON.parse('{"__proto__":1,"constructor":1}');
  expect(await (await connected()).ping(rooms)).toEqual({ type: 'pong', data: { rooms: {} } });
});
