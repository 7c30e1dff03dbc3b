import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applicationClients } from '../support/application-clients.ts';
import { joinRoom } from '../support/room-client.ts';
import { type LocalShim, startLocal } from '../support/start-local.ts';
import type { TestClient } from '../support/test-client.ts';

let shim: LocalShim;
let application: ReturnType<typeof applicationClients>;
let token: string;

beforeAll(async () => {
  shim = await startLocal();
  application = applicationClients(shim.endpoint);
  token = await shim.token('alice');
});
afterAll(() => shim.stop());

const JOINING_AT_ONCE = 50;

/** One client for each room named, joined a few at a time: the shim shares two cores with this test. */
async function crowd(roomIds: readonly string[]): Promise<TestClient[]> {
  const clients: TestClient[] = [];
  for (let first = 0; first < roomIds.length; first += JOINING_AT_ONCE) {
    const batch = roomIds.slice(first, first + JOINING_AT_ONCE);
    clients.push(...(await Promise.all(batch.map((roomId) => joinRoom(shim.endpoint, token, roomId)))));
  }
  return clients;
}

describe('a crowd', () => {
  it('of 1,000 in one room all get an event, each once', { timeout: 60_000 }, async () => {
    const clients = await crowd(Array.from({ length: 1_000 }, () => 'stadium'));
    await application.publish('leaderboard_update', { roomId: 'stadium', data: { snapshotId: 1 } });
    await application.publish('leaderboard_update', { roomId: 'stadium', data: { snapshotId: 2 } });
    const received = await Promise.all(
      clients.map(async (client) => [
        (await client.next()).data['snapshotId'],
        (await client.next()).data['snapshotId'],
      ]),
    );
    expect(received.map((snapshots) => snapshots.sort())).toEqual(clients.map(() => [1, 2]));
    for (const client of clients) client.terminate();
  });

  it('of 100 rooms of 20 get the events of their own room and of no other', { timeout: 60_000 }, async () => {
    const rooms = Array.from({ length: 100 }, (_, room) => `room-${room}`);
    const clients = await crowd(rooms.flatMap((room) => Array.from({ length: 20 }, () => room)));
    await Promise.all(
      rooms.map((roomId) => application.publish('order_executed', { roomId, data: { orderId: roomId } })),
    );
    await Promise.all(clients.map((client) => client.next()));
    // An answer comes after whatever was sent before: what has not come by then will not.
    for (const client of clients) client.send({ type: 'ping', data: {} });
    const [seen] = [
      await Promise.all(
        clients.map((client) => client.nextOf('pong').then(() => client.frames.slice(2, -1))),
      ),
    ];
    const expected = rooms.flatMap((room) => Array.from({ length: 20 }, () => [room]));
    expect(seen.map((frames) => frames.map((frame) => JSON.parse(frame).roomId))).toEqual(expected);
    for (const client of clients) client.terminate();
  });
});
