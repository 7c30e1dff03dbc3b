import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { roomEventTypes } from '../../lib/protocol/room-events.ts';
import { sampleEvents } from '../../lib/protocol/sample-events.ts';
import { createPublisher, type Publisher, type PublishReport } from '../../lib/publisher/publisher.ts';
import { joinRoom } from '../support/room-client.ts';
import { type Stack, startStack } from '../support/start-stack.ts';
import type { TestClient } from '../support/test-client.ts';

let stack: Stack;
let publisher: Publisher;
let token: string;

beforeAll(async () => {
  stack = await startStack({});
  token = await stack.token('alice');
  const client = stack.application.eventBridge;
  publisher = createPublisher({ bus: 'trade-room-local', source: 'trade-room.orders', client });
});
afterAll(async () => {
  await publisher.close();
  await stack.close();
});

describe('a publisher on the bus of the emulator', () => {
  it('each function of the publisher brings its event to a client of the room', async () => {
    const client = await joinRoom(stack.endpoint, token, 7);
    const sample = <Type extends keyof typeof sampleEvents>(type: Type) => sampleEvents[type]('7', 'now');
    const calls = [
      () => publisher.leaderboardUpdated(7, sample('leaderboard_update')),
      () => publisher.positionUpdated(7, sample('position_update')),
      () => publisher.orderExecuted(7, sample('order_executed')),
      () => publisher.orderFailed(7, sample('order_failed')),
      () => publisher.roomStateChanged(7, sample('room_state_changed')),
      () => publisher.positionClosed(7, sample('position_closed')),
    ];
    for (const [index, call] of calls.entries()) {
      expect((await call()).published).toBe(1);
      const type = roomEventTypes[index] ?? 'order_failed';
      const frame = await client.next();
      expect(frame.data).toEqual(sample(type));
      expect(frame).toMatchObject({
        type,
        roomId: '7',
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        publishedAt: expect.any(Number),
      });
    }
    await client.close();
  });

  it('a publisher that floods a room is slowed down, every order arrives, and every client ends on the newest values', async () => {
    const clients = [await joinRoom(stack.endpoint, token, 8), await joinRoom(stack.endpoint, token, 8)];
    const [rounds, positions] = [50, 20];
    const sent: Promise<PublishReport>[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      for (let positionId = 1; positionId <= positions; positionId += 1) {
        sent.push(publisher.positionUpdated(8, { positionId, currentPrice: round }));
      }
      if (round % 10 === 0) sent.push(publisher.orderExecuted(8, { orderId: round }));
    }
    const reports = await Promise.all(sent);
    expect(reports.flatMap(({ failed }) => failed)).toEqual([]);
    expect(reports.reduce((sum, { published }) => sum + published, 0)).toBeLessThan(200);

    for (const client of clients) {
      const orders = await ordersUntilNewest(client, { orders: 5, positions, price: rounds });
      expect(orders).toEqual([10, 20, 30, 40, 50]);
      await client.close();
    }
  });
});

/** Reads frames until there are so many orders, and so many positions that all have this price; fails after five seconds of silence. */
async function ordersUntilNewest(
  client: TestClient,
  { orders, positions, price }: { orders: number; positions: number; price: number },
): Promise<unknown[]> {
  const received: unknown[] = [];
  let last = 0;
  const prices = new Map<unknown, unknown>();
  const isNewest = () => prices.size === positions && [...prices.values()].every((each) => each === price);
  while (received.length < orders || !isNewest()) {
    const { type, data, seq } = await client.next();
    // A delivery that was cut off is repeated with the same numbers.
    if (Number(seq) <= last) continue;
    last = Number(seq);
    if (type === 'order_executed') received.push(data['orderId']);
    else prices.set(data['positionId'], data['currentPrice']);
  }
  return received.sort((one, other) => Number(one) - Number(other));
}
