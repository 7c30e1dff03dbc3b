import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  EMPTY_ROOM,
  type RoomNews,
  roomsOf,
  withNews,
  withoutClosed,
} from '../../../lib/monitor/room-view.ts';
import { roomEventTypes } from '../../../lib/protocol/room-events.ts';
import { sampleEvents } from '../../../lib/protocol/sample-events.ts';

const news = (type: RoomNews['type'], data: Record<string, unknown>, publishedAt = 0): RoomNews => ({
  type,
  data,
  publishedAt,
  key: `${type} ${publishedAt}`,
});

it('what the monitor shows of a room has the players by rank, with their values', () => {
  const { rankings } = withNews(
    EMPTY_ROOM,
    news('leaderboard_update', sampleEvents.leaderboard_update('42', 'now')),
  );
  expect(rankings).toEqual([
    { rank: '1', player: 'alice', value: 10_420.5 },
    { rank: '2', player: 'bob', value: 9_876.1 },
  ]);
});

it('what the monitor shows of a room has a position with its profit, realized once it is closed, and then no more', () => {
  const data = { positionId: 'p', userId: 'alice', symbol: 'AAPL', quantity: 2, averagePrice: 100 };
  const open = withNews(
    EMPTY_ROOM,
    news('position_update', { ...data, currentPrice: '110.00', unrealizedPnL: 20 }),
  );
  expect(open.positions.get('p')).toMatchObject({ price: 110, profit: 20, closedAt: undefined });
  const closed = withNews(open, news('position_closed', { ...data, exitPrice: 90, realizedPnL: -20 }, 5_000));
  expect(closed.positions.get('p')).toMatchObject({ price: 90, profit: -20, closedAt: 5_000 });
  expect(withoutClosed(closed, 14_999)).toBe(closed);
  expect(withoutClosed(closed, 15_000).positions.size).toBe(0);
});

it('what the monitor shows of a room has the orders, newest first, with the reason of a failed one, and no more than fifty', () => {
  let view = withNews(EMPTY_ROOM, news('order_failed', sampleEvents.order_failed('42', 'now')));
  view = withNews(view, news('order_executed', sampleEvents.order_executed('42', 'now'), 1));
  expect(view.orders.map(({ text }) => text)).toEqual([
    'alice buy 10 AAPL at 187.2',
    'alice buy 10 AAPL failed: insufficient funds',
  ]);
  for (let at = 2; at < 100; at += 1) view = withNews(view, news('order_executed', {}, at));
  expect(view.orders).toHaveLength(50);
  expect(view.orders[0]?.at).toBe(99);
});

it('what the monitor shows of a room has an order without a price, and no word too many', () => {
  const { orders } = withNews(EMPTY_ROOM, news('order_executed', { symbol: 'AAPL', price: null }));
  expect(orders[0]?.text).toBe('AAPL');
});

it('what the monitor shows of a room has the newest two hundred positions and the first hundred players, whatever is published', () => {
  let view = withNews(EMPTY_ROOM, news('leaderboard_update', { rankings: Array(101).fill({}) }));
  for (let count = 1; count <= 201; count += 1)
    view = withNews(view, news('position_update', { positionId: count }));
  expect(view.rankings).toHaveLength(100);
  expect([view.positions.size, view.positions.has('1'), view.positions.has('201')]).toEqual([
    200,
    false,
    true,
  ]);
});

it('what the monitor shows of a room has the state of the room in words', () => {
  const view = withNews(EMPTY_ROOM, news('room_state_changed', { state: 'open', memberCount: 3 }));
  expect(view.state).toBe('open, 3 members');
  const sample = sampleEvents.room_state_changed('42', 'now');
  expect(withNews(EMPTY_ROOM, news('room_state_changed', sample)).state).toBe('active, 2 members');
});

it('what the monitor shows of a room survives fields of any kind', () => {
  const anyData = fc.dictionary(
    fc.constantFrom('rankings', 'positionId', 'quantity', 'price', 'state', 'memberCount', 'userId'),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(fc.constantFrom(...roomEventTypes), anyData, (type, data) => {
      expect(() => withNews(EMPTY_ROOM, news(type, data))).not.toThrow();
    }),
  );
});

it('the rooms of the emulator are counted by members that are fed', () => {
  const connection = { connectedAt: '', throttled: false };
  expect(
    roomsOf([
      { ...connection, connectionId: '1', rooms: { b: 'live', a: 'live' } },
      { ...connection, connectionId: '2', rooms: { b: 'live', c: 'pending' } },
    ]),
  ).toEqual([
    { roomId: 'a', members: 1 },
    { roomId: 'b', members: 2 },
    { roomId: 'c', members: 0 },
  ]);
});
