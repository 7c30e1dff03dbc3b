import { randomInt, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { roomEventTypes } from '../../lib/protocol/room-events.ts';
import { sampleEvents } from '../../lib/protocol/sample-events.ts';
import { joinRoom, request } from '../support/room-client.ts';
import type { Stage } from '../support/stage.ts';
import { connect } from '../support/test-client.ts';

// Rooms of its own: on a deployed stage there may be players.
const newRoom = () => `e2e-${randomUUID()}`;

/** What every stage does, locally or in AWS. It asks for nothing but a URL, a bus and a token that opens every room. */
export function describeStage(name: string, stage: () => Stage): void {
  describe(name, () => {
    describe('serves the existing frontend', () => {
      it('the existing frontend, which sends auth and subscribe_room back to back, gets every event of its room', () =>
        frontendGetsEveryEvent(stage()));
      it('the existing frontend that mounts and unmounts within a millisecond ends as its last message says', () =>
        lastWordWins(stage()));
    });
    describe('serves a client', () => {
      it('an answer repeats the id and the room of its request, with the name and JSON type that the client used', () =>
        answersEchoTheRequest(stage()));
      it('a client gets no more events of a room that it has left', () => leftRoomIsSilent(stage()));
      it('a client gets the events of its own room only', () => roomsAreApart(stage()));
      it('a client that sends bad input gets an error and keeps its connection', () =>
        badInputIsRefused(stage()));
      it('a client renews its token on its connection', () => tokenIsRenewed(stage()));
    });
    it('a connection without a valid token is told so and closed', () => strangersAreClosed(stage()));
  });
}

async function frontendGetsEveryEvent({ url, token, publish }: Stage): Promise<void> {
  const bullPenId = randomInt(1_000_000_000);
  const client = await connect(url);
  client.send({ type: 'auth', data: { token } });
  client.send({ type: 'subscribe_room', data: { bullPenId } });
  const position = (await client.nextOf('room_subscribed')).data;
  expect(position).toMatchObject({ bullPenId, epoch: expect.any(String), seq: 0, recovered: false });

  for (const [index, type] of roomEventTypes.entries()) {
    const sample = sampleEvents[type](String(bullPenId), '2026-11-23T10:00:00Z');
    const data = { ...sample, 'not known': { kept: ['as', 1, null] } };
    const event = { roomId: String(bullPenId), data, id: `event-${type}`, publishedAt: Date.now() - 60_000 };
    await publish(type, event);
    const { epoch } = position;
    expect(await client.nextOf(type)).toEqual({ type, ...event, epoch, seq: index + 1, prev: index });
  }
  await client.close();
}

async function lastWordWins({ url, token, publish }: Stage): Promise<void> {
  const roomId = newRoom();
  const client = await joinRoom(url, token);
  for (const type of ['subscribe_room', 'unsubscribe_room', 'subscribe_room']) {
    client.send({ type, data: { roomId } });
  }
  for (const _ of ['three', 'answers', 'come']) await client.next();
  await publish('order_failed', { roomId, data: { orderId: 1 } });
  expect((await client.nextOf('order_failed')).data).toEqual({ orderId: 1 });
  await client.close();
}

async function answersEchoTheRequest({ url, token }: Stage): Promise<void> {
  const bullPenId = randomInt(1_000_000_000);
  const client = await connect(url);
  client.send({ type: 'subscribe_room', data: { bullPenId }, id: 'first' });
  expect(await client.next()).toEqual({ type: 'subscribe_pending', data: { bullPenId }, id: 'first' });

  client.send({ type: 'auth', data: { token }, id: 2 });
  const frames = [await client.next(), await client.next()];
  const subscribed = { bullPenId, epoch: expect.any(String), seq: 0, recovered: false };
  expect(frames).toContainEqual({ type: 'room_subscribed', data: subscribed, id: 'first' });
  const data = { userId: expect.any(String), expiresAt: expect.any(Number) };
  expect(frames).toContainEqual({ type: 'auth_success', data, id: 2 });

  client.send({ type: 'ping', data: {}, id: -3 });
  expect(await client.next()).toEqual({ type: 'pong', data: {}, id: -3 });
  const roomId = String(bullPenId);
  client.send({ type: 'unsubscribe_room', data: { roomId }, id: 'last' });
  expect(await client.next()).toEqual({ type: 'room_unsubscribed', data: { roomId }, id: 'last' });
  await client.close();
}

async function leftRoomIsSilent({ url, token, publish }: Stage): Promise<void> {
  const [left, kept] = [newRoom(), newRoom()];
  const client = await joinRoom(url, token, left, kept);
  await request(client, 'unsubscribe_room', { roomId: left });
  await publish('position_update', { roomId: left, data: { symbol: 'NO' } });
  await publish('position_update', { roomId: kept, data: { symbol: 'YES' } });
  expect(await client.next()).toMatchObject({ type: 'position_update', data: { symbol: 'YES' } });
  await client.close();
}

async function roomsAreApart({ url, token, publish }: Stage): Promise<void> {
  const [one, other] = [newRoom(), newRoom()];
  const clients = [await joinRoom(url, token, one), await joinRoom(url, token, one)];
  const elsewhere = await joinRoom(url, token, other);
  await publish('order_failed', { roomId: one, data: { orderId: 'one' } });
  for (const client of clients) expect((await client.next()).data).toEqual({ orderId: 'one' });
  await publish('order_failed', { roomId: other, data: { orderId: 'other' } });
  expect((await elsewhere.next()).data).toEqual({ orderId: 'other' });
  for (const client of [...clients, elsewhere]) await client.close();
}

async function badInputIsRefused({ url, token }: Stage): Promise<void> {
  const client = await joinRoom(url, token);
  for (const [message, code] of [
    ['{"type":', 'invalid_json'],
    [{ type: 'sell_everything', data: {} }, 'unknown_type'],
    [{ type: 'subscribe_room', data: { roomId: 'a#b' } }, 'invalid_message'],
  ]) {
    client.send(message);
    expect(await client.next()).toMatchObject({ type: 'error', data: { code } });
  }
  expect(await request(client, 'ping', {})).toMatchObject({ type: 'pong' });
  await client.close();
}

async function tokenIsRenewed({ url, token }: Stage): Promise<void> {
  const client = await joinRoom(url, token, newRoom());
  expect(await request(client, 'auth', { token })).toMatchObject({ type: 'auth_success' });
  await client.close();
}

async function strangersAreClosed({ url }: Stage): Promise<void> {
  for (const data of [{}, { token: '' }, { token: 7 }, { token: 'no token' }, null]) {
    const client = await connect(url);
    client.send({ type: 'auth', data, id: 'a' });
    expect(await client.next()).toMatchObject({ type: 'error', data: { code: 'auth_failed' }, id: 'a' });
    expect(await client.closed).toMatchObject({ code: 1000 });
  }
}
