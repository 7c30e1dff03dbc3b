import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fresh, order, type ScriptedClient, scriptedClient } from '../../support/scripted-client.ts';

/** What a server does, one after the other; after each of them it may be gone. */
const steps: ((scripted: ScriptedClient) => void)[] = [
  ({ socket }) => socket().open(),
  ({ socket }) => socket().answer('subscribe_room', 'subscribe_pending', { roomId: '42' }),
  ({ socket }) => socket().answer('auth', 'auth_success', { userId: 'alice', expiresAt: 1e15 }),
  ({ socket }) => socket().answer('subscribe_room', 'room_subscribed', fresh(1)),
  ({ socket }) => socket().send(order(2)),
];

async function take(scripted: ScriptedClient, count: number): Promise<void> {
  for (const step of steps.slice(0, count)) {
    step(scripted);
    await scripted.settle();
  }
}

const until = Array.from({ length: steps.length + 1 }, (_, count) => count);

it.each(until)('a server that closes after %i steps is come back to, and the room is fed', async (count) => {
  const scripted = scriptedClient();
  const told: unknown[] = [];
  scripted.client.room(42).on('order_executed', ({ orderId }) => told.push(orderId));
  await scripted.settle();
  await take(scripted, count);
  scripted.socket().close(1006);
  await scripted.time.advance(500);
  await take(scripted, steps.length);
  expect(scripted.sockets).toHaveLength(2);
  expect(told).toEqual([2]);
});

it.each(until.slice(0, -2))(
  'a server that says nothing more after %i steps is given up in ten seconds',
  async (count) => {
    const scripted = scriptedClient();
    scripted.client.room(42).on('order_executed', () => undefined);
    await scripted.settle();
    await take(scripted, count);
    await scripted.time.advance(10_500);
    expect(scripted.sockets[0]?.isClosed).toBe(true);
    expect(scripted.sockets).toHaveLength(2);
  },
);

it('a server that answers the subscribe first, then auth, is understood', async () => {
  const scripted = scriptedClient();
  const subscribed = scripted.client.room(42).subscribe();
  await scripted.settle();
  scripted.socket().open();
  scripted.socket().answer('subscribe_room', 'room_subscribed', fresh());
  scripted.socket().answer('auth', 'auth_success', { userId: 'alice', expiresAt: 1e15 });
  expect(await subscribed).toEqual({ complete: true });
  expect(await scripted.client.connect()).toMatchObject({ userId: 'alice' });
});

it('a server that answers twice is taken by its first word', async () => {
  const scripted = scriptedClient();
  const told: unknown[] = [];
  scripted.client.room(42).on('order_executed', ({ orderId }) => told.push(orderId));
  const socket = await scripted.accept();
  socket.answer('subscribe_room', 'room_subscribed', fresh(1));
  socket.send(order(2));
  socket.answer('subscribe_room', 'room_subscribed', fresh(0));
  socket.answer('auth', 'error', { code: 'internal', message: 'too late' });
  socket.send(order(3));
  expect(told).toEqual([2, 3]);
  expect(scripted.client.state).toBe('connected');
});

it('an answer of a server to no request is ignored', async () => {
  const scripted = scriptedClient();
  void scripted.client.connect();
  const socket = await scripted.accept();
  socket.send({ type: 'room_subscribed', data: fresh(), id: 99 });
  socket.send({ type: 'auth_success', data: { userId: 'mallory', expiresAt: 0 } });
  socket.send(order(1));
  expect(await scripted.client.connect()).toMatchObject({ userId: 'alice' });
  expect(socket.sent).toHaveLength(1);
});

it('a server whose answer to a subscribe is none is asked again in a moment', async () => {
  const scripted = scriptedClient();
  const subscribed = scripted.client.room(42).subscribe();
  const socket = await scripted.accept();
  socket.answer('subscribe_room', 'pong', {});
  await scripted.time.advance(2_000);
  socket.answer('subscribe_room', 'room_subscribed', fresh());
  expect(await subscribed).toEqual({ complete: true });
  expect(socket.sent.filter(({ type }) => type === 'subscribe_room')).toHaveLength(2);
});

const anyValue = fc.jsonValue();
const almostFrame = fc.record(
  {
    type: fc.constantFrom(
      'order_executed',
      'position_update',
      'position_closed',
      'batch',
      'error',
      'room_subscribed',
      'pong',
      'toString',
    ),
    data: fc.oneof(
      anyValue,
      fc.record({
        events: anyValue,
        code: anyValue,
        roomId: anyValue,
        rooms: anyValue,
        positionId: anyValue,
      }),
    ),
    id: anyValue,
    roomId: fc.oneof(fc.constant('42'), anyValue),
    epoch: fc.oneof(fc.constant('epoch-1'), anyValue),
    seq: fc.oneof(fc.constantFrom(-1, 0.5, 1e308), anyValue),
    prev: anyValue,
  },
  { requiredKeys: ['type'] },
);
const garbage = fc.oneof(
  fc.string(),
  fc.json(),
  almostFrame.map((frame) => JSON.stringify(frame)),
);

/** JSON of which no text can be made. */
const noText = { toString: 1, valueOf: 1 };
const noTextFrames: [string, object][] = [
  ['the code of an error', { type: 'error', data: { code: noText } }],
  ['the message of an error', { type: 'error', data: { code: 'internal', message: noText } }],
  ['the room of an error', { type: 'error', data: { code: 'forbidden_room', roomId: noText } }],
  ['the type of an event', { type: 'batch', data: { events: [{ ...order(2), type: noText }] } }],
  ['the id of a position', { ...order(2), type: 'position_update', data: { positionId: noText } }],
];

it.each(noTextFrames)('a server that sends an object in place of %s harms nothing', async (_, frame) => {
  const scripted = scriptedClient();
  const told: unknown[] = [];
  scripted.client.room(42).on('order_executed', ({ orderId }) => told.push(orderId));
  await scripted.settle();
  await take(scripted, steps.length - 1);
  scripted.socket().send(frame);
  scripted.socket().send(order(3, 1));
  expect(told).toEqual([3]);
  expect(scripted.client.state).toBe('connected');
});

it('a number of a server that JSON does not keep leaves the client without a position', async () => {
  const scripted = scriptedClient();
  void scripted.client.room(42).subscribe();
  const socket = await scripted.accept();
  const answer = JSON.stringify({
    type: 'room_subscribed',
    data: fresh(),
    id: socket.last('subscribe_room').id,
  });
  socket.send(answer.replace('"seq":0', '"seq":1e400'));
  socket.close(1006);
  await scripted.time.advance(500);
  const again = await scripted.accept();
  expect(again.last('subscribe_room').data).not.toHaveProperty('since');
});

it('a server that sends garbage at any step harms nothing: the client is fed when it is there again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(garbage, { maxLength: 20 }), fc.nat(steps.length), async (frames, count) => {
      const scripted = scriptedClient();
      const told: unknown[] = [];
      scripted.client.room(42).on('order_executed', ({ orderId }) => told.push(orderId));
      await scripted.settle();
      await take(scripted, count);
      for (const frame of frames) scripted.socket().send(frame);
      await scripted.settle();
      const lost = scripted.socket();
      lost.close(1006);
      while (scripted.socket() === lost) await scripted.time.advance(100);
      await take(scripted, steps.length - 2);
      const since = (scripted.socket().last('subscribe_room').data['since'] ?? {}) as { seq?: number };
      const next = { ...order((since.seq ?? 0) + 1), epoch: 'epoch-3' };
      const answer = { ...fresh(next.seq - 1, 'epoch-3') };
      scripted.socket().answer('subscribe_room', 'room_subscribed', answer);
      scripted.socket().send({ ...next, data: { orderId: 'at last' } });
      expect(told.at(-1)).toBe('at last');
    }),
    { numRuns: 200 },
  );
});
