import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinRoom, request } from '../support/room-client.ts';
import { type Stack, startStack } from '../support/start-stack.ts';
import { connect, type Frame, type TestClient } from '../support/test-client.ts';

let stack: Stack;
let token: string;
let count = 0;

beforeAll(async () => {
  stack = await startStack({});
  token = await stack.token('alice');
});
afterAll(() => stack.close());

const newRoom = () => {
  count += 1;
  return `recovered-${count}`;
};
const order = (roomId: string, orderId: number) =>
  stack.application.publish('order_executed', { roomId, data: { orderId } });
const update = (roomId: string, positionId: number, currentPrice: number) =>
  stack.application.publish('position_update', { roomId, data: { positionId, currentPrice } });
const close = (roomId: string, positionId: number) =>
  stack.application.publish('position_closed', { roomId, data: { positionId } });

interface Event {
  type: string;
  data: object;
  seq: number;
}

/** The events of frames, packed or not, up to this number. */
async function eventsUpTo(client: TestClient, seq: number): Promise<Event[]> {
  const events: Event[] = [];
  while ((events.at(-1)?.seq ?? 0) < seq) {
    const frame: Frame = await client.next();
    events.push(
      ...(frame.type === 'batch' ? (frame.data['events'] as Event[]) : [frame as unknown as Event]),
    );
  }
  return events;
}

describe('a client that was away', () => {
  it('a client that was away gets every order that it missed and the newest of each position, in order', async () => {
    const roomId = newRoom();
    const client = await joinRoom(stack.endpoint, token, roomId);
    const witness = await joinRoom(stack.endpoint, token, roomId);
    await order(roomId, 1);
    const { epoch, seq } = await client.next();
    client.terminate();
    await update(roomId, 7, 100);
    await order(roomId, 2);
    await update(roomId, 7, 101);
    await update(roomId, 8, 50);
    await close(roomId, 8);
    await eventsUpTo(witness, 6);

    const back = await joinRoom(stack.endpoint, token);
    const answer = await request(back, 'subscribe_room', { roomId, since: { epoch, seq } });
    expect(answer.data).toMatchObject({ epoch, seq: 6, recovered: true });
    expect(answer.data['events']).toMatchObject([
      { type: 'order_executed', data: { orderId: 2 }, seq: 3, prev: 1 },
      { type: 'position_update', data: { positionId: 7, currentPrice: 101 }, seq: 4, prev: 3 },
      { type: 'position_closed', data: { positionId: 8 }, seq: 6, prev: 4 },
    ]);
    await order(roomId, 3);
    expect(await back.next()).toMatchObject({ data: { orderId: 3 }, seq: 7, prev: 6 });
  });

  it('a client that cannot recover is told why and gets the retained values instead', async () => {
    const roomId = newRoom();
    const witness = await joinRoom(stack.endpoint, token, roomId);
    await update(roomId, 1, 10);
    await update(roomId, 2, 20);
    await close(roomId, 1);
    await eventsUpTo(witness, 3);
    const client = await joinRoom(stack.endpoint, token);
    const since = { epoch: 'another', seq: 1 };
    const { data } = await request(client, 'subscribe_room', { roomId, since });
    expect(data).toMatchObject({ seq: 3, recovered: false, reason: 'epoch_changed' });
    expect(data['snapshot']).toMatchObject([{ data: { positionId: 2, currentPrice: 20 } }]);
  });

  it('a subscription that comes before auth keeps its since, snapshot and batch', async () => {
    const roomId = newRoom();
    const witness = await joinRoom(stack.endpoint, token, roomId);
    await order(roomId, 1);
    await update(roomId, 1, 10);
    const [first] = await eventsUpTo(witness, 2);
    const client = await connect(stack.endpoint);
    const since = { epoch: (first as unknown as { epoch: string }).epoch, seq: 1 };
    client.send({ type: 'subscribe_room', data: { roomId, since, batch: true } });
    expect(await client.next()).toMatchObject({ type: 'subscribe_pending' });
    client.send({ type: 'auth', data: { token } });
    const { data } = await client.nextOf('room_subscribed');
    expect(data).toMatchObject({ recovered: true, events: [{ type: 'position_update', seq: 2 }] });
  });
});

describe('a busy room', () => {
  it('members of a busy room get the newest of each position and every order, in order, and those who accept batches get them in few frames', async () => {
    const roomId = newRoom();
    const single = await joinRoom(stack.endpoint, token, roomId);
    const packed = await joinRoom(stack.endpoint, token);
    await request(packed, 'subscribe_room', { roomId, batch: true });
    const events = 60;
    for (let number = 1; number <= events; number += 1) {
      if (number % 20 === 0) await order(roomId, number);
      else await update(roomId, number % 3, number);
    }
    for (const client of [single, packed]) {
      const received = await eventsUpTo(client, events);
      const numbers = received.map(({ seq }) => seq);
      expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
      const orders = received.filter(({ type }) => type === 'order_executed');
      expect(orders.map(({ data }) => data)).toEqual([{ orderId: 20 }, { orderId: 40 }, { orderId: 60 }]);
      expect(received.length).toBeLessThan(events);
    }
    expect(packed.frames.length).toBeLessThan(single.frames.length);
  });
});

describe('a ping', () => {
  it('a pong names the last frame of the rooms of the client that its ping asks about, and of no other room', async () => {
    const [roomId, other] = [newRoom(), newRoom()];
    const client = await joinRoom(stack.endpoint, token, roomId);
    await order(roomId, 1);
    await client.next();
    const pong = () => request(client, 'ping', { rooms: { [roomId]: 1, [other]: 5 } });
    // The frame is there a moment before the cursor says so.
    await expect.poll(async () => (await pong()).data['rooms']).toEqual({ [roomId]: 1 });
  });
});
