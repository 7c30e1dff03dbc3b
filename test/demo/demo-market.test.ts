import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Ranking } from '../../bin/demo/accounts.ts';
import { createDemoMarket } from '../../bin/demo/market.ts';
import { parseRoomEvent } from '../../lib/protocol/parse-room-event.ts';
import { roomEventTypes } from '../../lib/protocol/room-events.ts';
import type { PublishedEvent } from '../../lib/publisher/publisher.ts';
import { seeded } from '../support/seeded.ts';

/** What a minute and a half of the market of a seed says. */
function play(seed: number, ticks = 450) {
  const market = createDemoMarket({ roomId: 'demo', random: seeded(seed), now: () => 1_790_000_000_000 });
  return Array.from({ length: ticks }, () => market.tick()).flat();
}

const eachSeed = (check: (events: ReturnType<typeof play>) => void, ticks?: number) =>
  fc.assert(
    fc.property(fc.integer(), (seed) => check(play(seed, ticks))),
    { numRuns: 20 },
  );

/** Of an order that fails there is one in a minute or two. */
const LONG = 3_000;

const cents = (amount: unknown) => Math.round(Number(amount) * 100);

/** What a careful listener knows of everybody's money, in cents: each began the round with 10,000. */
function keepBooks() {
  const cash = new Map<unknown, number>();
  const positions = new Map<unknown, { userId: unknown; value: number }>();
  const cashOf = (userId: unknown) => cash.get(userId) ?? 1_000_000;
  return {
    note({ type, data }: PublishedEvent) {
      if (type === 'room_state_changed') cash.clear();
      else if (type === 'position_closed') positions.delete(data.positionId);
      else if (type === 'position_update') {
        const value = cents(Number(data.quantity) * Number(data.currentPrice));
        positions.set(data.positionId, { userId: data.userId, value });
      } else if (type === 'order_executed') {
        const amount = cents(Number(data.quantity) * Number(data.price));
        cash.set(data.userId, cashOf(data.userId) + (data.side === 'sell' ? amount : -amount));
      }
    },
    worthOf(userId: unknown) {
      const own = [...positions.values()].filter((position) => position.userId === userId);
      return own.reduce((sum, { value }) => sum + value, cashOf(userId));
    },
  };
}

describe('the market of the demo', () => {
  it('the market of the demo emits every event type, each valid on the bus', () => {
    eachSeed((events) => {
      expect(new Set(events.map(({ type }) => type))).toEqual(new Set(roomEventTypes));
      for (const { type, roomId, data } of events) {
        const parsed = parseRoomEvent({ roomId, data }, { detailType: type, id: 'id', time: 1 });
        expect(parsed).toMatchObject({ ok: true });
      }
    }, LONG);
  });

  it('the market of the demo is the same for the same seed', () => {
    expect(play(7)).toEqual(play(7));
    expect(play(7)).not.toEqual(play(8));
  });

  it('the market of the demo computes profit and loss from quantity and prices', () => {
    eachSeed((events) => {
      for (const event of events) {
        if (event.type === 'position_update') {
          const { quantity, averagePrice, currentPrice, unrealizedPnL } = event.data;
          const expected = cents(quantity) * (Number(currentPrice) - Number(averagePrice));
          expect(cents(unrealizedPnL) - expected).toBeCloseTo(0, -1);
        } else if (event.type === 'position_closed') {
          const { quantity, averagePrice, exitPrice, realizedPnL } = event.data;
          const expected = cents(quantity) * (Number(exitPrice) - Number(averagePrice));
          expect(cents(realizedPnL) - expected).toBeCloseTo(0, -1);
        }
      }
    });
  });

  it('the market of the demo emits no update of a closed position', () => {
    eachSeed((events) => {
      const closed = new Set<unknown>();
      for (const { type, data } of events) {
        if (type === 'position_closed') closed.add(data.positionId);
        if (type === 'position_update') expect(closed).not.toContain(data.positionId);
      }
    });
  });

  it('the leaderboard of the demo lists every trader, the richest first', () => {
    eachSeed((events) => {
      for (const event of events) {
        if (event.type !== 'leaderboard_update') continue;
        const rankings = event.data.rankings as Ranking[];
        const values = rankings.map(({ portfolioValue }) => portfolioValue);
        expect(values).toEqual([...values].sort((one, other) => other - one));
        expect(rankings.map(({ rank }) => rank)).toEqual([1, 2, 3, 4, 5, 6]);
      }
    });
  });

  it('the leaderboard of the demo sums up the cash and the worth of the open positions', () => {
    eachSeed((events) => {
      const books = keepBooks();
      for (const event of events) {
        books.note(event);
        if (event.type !== 'leaderboard_update') continue;
        for (const { userId, portfolioValue } of event.data.rankings as Ranking[]) {
          expect(cents(portfolioValue)).toBe(books.worthOf(userId));
        }
      }
    });
  });

  it('the market of the demo emits about ten events a second', () => {
    const perSecond = play(1, 300).length / 60;
    expect(perSecond).toBeGreaterThan(4);
    expect(perSecond).toBeLessThan(25);
  });
});
