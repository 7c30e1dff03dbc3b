import { expect, it } from 'vitest';
import { type FloodFigures, measureFlood } from './flood.ts';
import { eventsIn, floodSource } from './flood-events.ts';
import { floodTable } from './flood-table.ts';
import { createLags } from './lags.ts';

const options = {
  members: 5,
  updatesPerSecond: 100,
  positions: 20,
  ordersPerSecond: 25,
  seconds: 0.4,
  warmUpSeconds: 0,
  drainSeconds: 5,
};

// Measured in earnest by `npm run bench -- flood`.
it.each(['direct', 'single', 'batch'] as const)(
  'the flood bench (%s) floods a room until every client has every order and the newest values',
  async (side) => {
    const figures = await measureFlood(side, options);
    expect(figures).toMatchObject({ side, members: 5, events: 50, orders: 10, ordersReceived: 10 });
    // Without a stream a later value may come first.
    if (side !== 'direct') expect(figures.upToDate).toBe(5);
    const [each, least] = [50 * 5, 10 * 5];
    if (side === 'direct') expect(figures.posts).toBe(each);
    if (side === 'single') expect(figures.posts).toBeGreaterThanOrEqual(least);
    if (side === 'batch') expect(figures.posts).toBeLessThan(each);
    expect(figures.lag.percentile99).toBeGreaterThanOrEqual(figures.lag.median);
  },
);

it('the flood bench publishes the same events in every run, and no position twice at a time', () => {
  const rates = { updatesPerSecond: 250, positions: 50, ordersPerSecond: 5 };
  let state = 0;
  const random = () => {
    state = (state * 7 + 3) % 101;
    return state / 101;
  };
  const source = floodSource(rates, random);
  const ticks = Array.from({ length: 25 }, () => source.next());
  expect(source.published()).toMatchObject({ events: 255 });
  expect(source.published().orders.size).toBe(5);
  for (const events of ticks) {
    const positions = events.flatMap(({ position }) => position ?? []);
    expect(new Set(positions).size).toBe(10);
  }
});

it('the flood bench finds the events in a frame of one and in a frame of several', () => {
  const order = {
    type: 'order_executed',
    id: '00000000-0000-4000-8000-000000000007',
    publishedAt: 1,
    data: {},
  };
  const update = {
    ...order,
    type: 'position_update',
    id: order.id.replace('7', '8'),
    data: { positionId: 3 },
  };
  const received = [
    { number: 7, position: undefined, publishedAt: 1 },
    { number: 8, position: 3, publishedAt: 1 },
  ];
  expect(eventsIn(JSON.stringify(order))).toEqual(received.slice(0, 1));
  expect(eventsIn(JSON.stringify({ type: 'batch', data: { events: [order, update] } }))).toEqual(received);
});

it('the flood bench tells percentiles of the lag', () => {
  const lags = createLags();
  expect(lags.percentile(0.5)).toBeNaN();
  for (let milliseconds = 1; milliseconds <= 100; milliseconds += 1) lags.add(milliseconds);
  expect([0.5, 0.99, 1].map((share) => lags.percentile(share))).toEqual([50, 99, 100]);
});

it('the flood bench says whether its aim is met', () => {
  const row = { members: 200, events: 5_100, orders: 100, ordersReceived: 100, lastFrameSeconds: 0.2 };
  const batch = (change: Partial<FloodFigures>): FloodFigures => ({
    ...row,
    side: 'batch',
    posts: 51_000,
    bytes: 1e8,
    lag: { median: 200, percentile99: 999 },
    upToDate: 200,
    ...change,
  });
  const direct: FloodFigures = { ...batch({ posts: 300_000, upToDate: 0 }), side: 'direct' };
  const table = floodTable([direct, batch({})]);
  expect(table).toContain(
    '| each event posted to each | 300,000 of 1,020,000 | 3.4 | 100.0 | 200 | 999 | 0 of 200 |',
  );
  expect(table).toMatch(/1,020,000 posts become 51,000, ×20\.0 fewer\. .*is met\.$/);
  expect(floodTable([batch({ posts: 51_100 })])).toMatch(/is missed\.$/);
  expect(floodTable([batch({ upToDate: 199 })])).toMatch(/is missed\.$/);
  expect(floodTable([batch({ lag: { median: 1, percentile99: 1_000 } })])).toMatch(/is missed\.$/);
});
