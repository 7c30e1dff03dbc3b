import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinEverybody } from '../bench/join-everybody.ts';
import { applicationClients } from '../support/application-clients.ts';
import { joinRoom } from '../support/room-client.ts';
import { type LocalEmulator, spawnCommand, startLocal } from '../support/start-local.ts';
import { connect, HandshakeRefused, type TestClient } from '../support/test-client.ts';

let emulator: LocalEmulator;
let application: ReturnType<typeof applicationClients>;
let token: string;

beforeAll(async () => {
  // Of the thousand nobody authenticates.
  emulator = await startLocal({ AUTH_DEADLINE_SECONDS: '900' }, [], spawnCommand);
  application = applicationClients(emulator.endpoint);
  token = await emulator.token('alice');
});
// Killed, and not waited for: its esbuild may hold the output open, and nothing here is about the end of a thousand clients.
afterAll(() => void emulator.stop('SIGKILL'));

const JOINING_AT_ONCE = 50;

/** Tries again when API Gateway opens no more new connections in this second. */
async function connectPatiently(): Promise<TestClient> {
  for (;;) {
    try {
      return await connect(emulator.endpoint);
    } catch (error) {
      if (!(error instanceof HandshakeRefused && error.statusCode === 429)) throw error;
      await setTimeout(100);
    }
  }
}

/** One client for each item, a few at a time: the emulator shares two cores with this test. */
async function crowd<Item>(
  items: readonly Item[],
  join: (item: Item) => Promise<TestClient>,
): Promise<TestClient[]> {
  const clients: TestClient[] = [];
  for (let first = 0; first < items.length; first += JOINING_AT_ONCE) {
    clients.push(...(await Promise.all(items.slice(first, first + JOINING_AT_ONCE).map(join))));
  }
  return clients;
}

describe('a crowd', () => {
  it('1,000 clients in one room each get an event once', { timeout: 60_000 }, async () => {
    // Members by rows: a thousand that authenticate and subscribe would take most of this test.
    const clients = await crowd(Array.from({ length: 1_000 }), () => connectPatiently());
    await joinEverybody(emulator.endpoint, 'stadium');
    await application.publish('leaderboard_update', { roomId: 'stadium', data: { snapshotId: 1 } });
    await application.publish('leaderboard_update', { roomId: 'stadium', data: { snapshotId: 2 } });
    const received = await Promise.all(
      clients.map(async (client) => [
        (await client.next()).data['snapshotId'],
        (await client.next()).data['snapshotId'],
      ]),
    );
    expect(received.map((snapshots) => snapshots.sort())).toEqual(clients.map(() => [1, 2]));
  });

  it('clients in 30 rooms of ten get the events of their own rooms only', {
    timeout: 60_000,
  }, async () => {
    const rooms = Array.from({ length: 30 }, (_, room) => `room-${room}`);
    // 30 clients, each in ten rooms: so every room has ten members, and no two clients the same rooms for long.
    const memberships = Array.from({ length: 30 }, (_, client) =>
      Array.from({ length: 10 }, (__, step) => `room-${(client + step * 7) % 30}`),
    );
    const clients = await crowd(memberships, (roomIds) => joinRoom(emulator.endpoint, token, ...roomIds));
    const publish = (roomId: string) =>
      application.publish('order_executed', { roomId, data: { orderId: roomId } });
    await Promise.all(rooms.map(publish));
    const received = await Promise.all(
      clients.map(async (client, index) => {
        const roomIds: unknown[] = [];
        for (const _ of memberships[index] ?? []) roomIds.push((await client.next())['roomId']);
        return roomIds;
      }),
    );
    expect(received.map((roomIds) => roomIds.sort())).toEqual(
      memberships.map((roomIds) => [...roomIds].sort()),
    );
    // An answer comes after what was sent before it: what is not there by then was not sent.
    for (const client of clients) client.send({ type: 'ping', data: {} });
    expect(await Promise.all(clients.map(async (client) => (await client.next()).type))).toEqual(
      clients.map(() => 'pong'),
    );
  });
});
