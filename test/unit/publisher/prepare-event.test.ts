import { expect, it } from 'vitest';
import { type PublishedEvent, prepareEvent, roomEvents } from '../../../lib/publisher/room-event.ts';

const surroundings = { newId: () => 'a-new-id', now: () => 1_790_000_000_000 };
const prepare = (event: object) => prepareEvent(event as PublishedEvent, surroundings);

it('an event is stamped with an id and the time before it is sent, if it has none', () => {
  const prepared = prepare({ type: 'order_executed', roomId: 42, data: { orderId: 1 } });
  expect(prepared).toMatchObject({ ok: true, value: { roomId: '42', id: 'a-new-id' } });
  expect(prepared.ok && JSON.parse(prepared.value.detail)).toEqual({
    roomId: 42,
    data: { orderId: 1 },
    id: 'a-new-id',
    publishedAt: 1_790_000_000_000,
  });
});

it('an event keeps the id and the time that it has', () => {
  const publishedAt = 1_789_999_999_000;
  const event = { type: 'order_executed', roomId: '42', data: {}, id: 'mine', publishedAt };
  expect(prepare(event)).toMatchObject({ ok: true, value: { id: 'mine', publishedAt } });
});

it('an event is checked as it will arrive: a date is a string by then', () => {
  const executedAt = new Date(0);
  const prepared = prepare({ type: 'order_executed', roomId: '42', data: { executedAt } });
  expect(prepared.ok && JSON.parse(prepared.value.detail).data).toEqual({
    executedAt: '1970-01-01T00:00:00.000Z',
  });
});

it.each([
  [{ type: 'order_exected', roomId: '42', data: {} }, 'unknown_event', /expected one of/],
  [{ type: 'order_executed', roomId: 'a#b', data: {} }, 'invalid_event', /a room id is/],
  [{ type: 'order_executed', roomId: '42' }, 'invalid_event', /detail\.data: expected an object/],
  [{ type: 'order_executed', roomId: '42', data: { price: {} } }, 'invalid_event', /detail\.data\.price/],
  [{ type: 'order_executed', roomId: '42', data: {}, publishedAt: 1.79e9 }, 'invalid_event', /in seconds\?/],
  [{ type: 'order_executed', roomId: '42', data: { symbol: '\ud83d' } }, 'invalid_event', /well-formed/],
  [{ type: 'order_executed', roomId: '42', data: { quantity: 1n } }, 'invalid_event', /BigInt/],
  [{ type: 'order_executed', roomId: '42', data: { note: 'ä'.repeat(70_000) } }, 'too_large', /131072/],
])('an event is refused before it is sent if its receiver would refuse it: %#', (event, code, message) => {
  expect(prepare(event)).toEqual({ ok: false, code, message: expect.stringMatching(message) });
});

const clone = (value: unknown) => JSON.parse(JSON.stringify(value));
const nested = { rankings: [{ rank: 1 }, { rank: 2, score: Number.NEGATIVE_INFINITY }] };
const noDay = { toJSON: () => null };

it.each([
  [
    'order_executed',
    { price: Number.NaN },
    'detail.data.price: expected a value that JSON can express, got NaN',
  ],
  [
    'order_executed',
    { price: 1 / 0 },
    'detail.data.price: expected a value that JSON can express, got Infinity',
  ],
  [
    'order_executed',
    { executedAt: new Date('nonsense') },
    'detail.data.executedAt: expected a value that JSON can express, got an invalid date',
  ],
  [
    'order_executed',
    { executedAt: noDay },
    'detail.data.executedAt: expected a value that JSON can express, got an object',
  ],
  [
    'order_executed',
    { quantity: 10n },
    'detail.data.quantity: expected a value that JSON can express, got the BigInt 10',
  ],
  [
    'leaderboard_update',
    nested,
    'detail.data.rankings.1.score: expected a value that JSON can express, got -Infinity',
  ],
])('a value that JSON would turn into null is refused with its field: %s %o', (type, data, message) => {
  expect(prepare({ type, roomId: 42, data })).toEqual({ ok: false, code: 'invalid_event', message });
});

it('a value that JSON would turn into null is refused in what a record says of itself, and outside of the record', () => {
  const record = { toJSON: () => ({ price: Number.NaN }) };
  expect(prepare({ type: 'order_executed', roomId: 42, data: record })).toMatchObject({
    message: 'detail.data.price: expected a value that JSON can express, got NaN',
  });
  expect(prepare({ type: 'order_executed', roomId: 42, data: {}, publishedAt: Number.NaN })).toMatchObject({
    message: 'detail.publishedAt: expected a value that JSON can express, got NaN',
  });
  const [closed] = [roomEvents((event) => event).positionClosed(42, { positionId: 1 }, Number.NaN)];
  expect(prepare(closed)).toMatchObject({
    message: 'detail.data.realizedPnL: expected a value that JSON can express, got NaN',
  });
});

it('a value that JSON would turn into null may be null itself, or say null', () => {
  const data = { price: null, note: 'null', missing: undefined, executedAt: new Date(0) };
  const prepared = prepare({ type: 'order_executed', roomId: 42, data });
  expect(prepared.ok && JSON.parse(prepared.value.detail).data).toEqual(clone(data));
});

it('a value that JSON would turn into null is refused if it is within itself', () => {
  const data: { self?: object } = {};
  data.self = data;
  expect(prepare({ type: 'order_executed', roomId: 42, data })).toMatchObject({
    code: 'invalid_event',
    message: expect.stringMatching(/^detail: expected a value that JSON can express; .*circular/),
  });
});

const events = roomEvents((event) => event);

it('the call sites of the services name every event type, with the arguments that they have today', () => {
  expect([
    events.orderExecuted(42, { orderId: 1 }),
    events.orderFailed(42, { orderId: 1 }, 'no money'),
    events.leaderboardUpdated(42, { rankings: [] }),
    events.positionUpdated(42, { positionId: 1 }),
    events.positionClosed(42, { positionId: 1 }, 12.5),
    events.roomStateChanged(42, { state: 'open' }),
  ]).toEqual([
    { type: 'order_executed', roomId: 42, data: { bullPenId: 42, orderId: 1 } },
    { type: 'order_failed', roomId: 42, data: { bullPenId: 42, orderId: 1, reason: 'no money' } },
    { type: 'leaderboard_update', roomId: 42, data: { bullPenId: 42, rankings: [] } },
    { type: 'position_update', roomId: 42, data: { bullPenId: 42, positionId: 1 } },
    { type: 'position_closed', roomId: 42, data: { bullPenId: 42, positionId: 1, realizedPnL: 12.5 } },
    { type: 'room_state_changed', roomId: 42, data: { bullPenId: 42, state: 'open' } },
  ]);
});

it('the call sites of the services leave what the record says itself', () => {
  const order = { bullPenId: 'seven', reason: 'its own' };
  expect(events.orderFailed(7, order).data).toEqual(order);
  expect(events.positionClosed(7, { realizedPnL: '1.10' }).data).toMatchObject({ realizedPnL: '1.10' });
});

it.each([undefined, null, 'text', [{ orderId: 1 }]])(
  'the call sites of the services add nothing to what is no record: %j',
  (record) => {
    const event = events.orderFailed(42, record as never, 'no money');
    expect(prepare(event)).toEqual({
      ok: false,
      code: 'invalid_event',
      message: 'detail.data: expected an object',
    });
  },
);

it('the call sites of the services take a database record whose fields are behind getters', () => {
  class Order {
    get orderId() {
      return 1;
    }
    toJSON() {
      return { orderId: this.orderId, price: '187.20' };
    }
  }
  expect(events.orderExecuted(42, new Order() as never).data).toEqual({
    bullPenId: 42,
    orderId: 1,
    price: '187.20',
  });
});
