import type { PublishedEvent } from '../lib/publisher/publisher.ts';

interface Position {
  positionId: string;
  userId: string;
  symbol: string;
  quantity: number;
  averagePrice: number;
}

/** A game that nobody plays: everything in it comes from `random`, so a seed repeats it. */
export interface DemoMarket {
  /** Lets a moment pass and tells what has happened in it, in order. */
  tick(): PublishedEvent[];
}

const PLAYERS = ['alice', 'bob', 'carol', 'dan', 'erin', 'frank'];
const SYMBOLS = { AAPL: 187.2, MSFT: 412.5, NVDA: 121.4, TSLA: 244.1, AMZN: 178.9 };
const START_CASH = 10_000;
const ORDER_CHANCE = 0.3;
const CLOSE_CHANCE = 0.35;
const TICKS_PER_LEADERBOARD = 5;
const TICKS_PER_ROUND = 300;

export function createDemoMarket(options: {
  roomId: string;
  random: () => number;
  now: () => number;
}): DemoMarket {
  const { roomId, random, now } = options;
  const prices = new Map<string, number>(Object.entries(SYMBOLS));
  const positions = new Map<string, Position>();
  let cash = new Map(PLAYERS.map((player) => [player, START_CASH]));
  let ticks = 0;
  let count = 0;

  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const nextId = (what: string) => {
    count += 1;
    return `${what}-${count}`;
  };
  const iso = () => new Date(now()).toISOString();
  const priceOf = (symbol: string) => prices.get(symbol) ?? 0;
  const pay = (userId: string, amount: number) => cash.set(userId, cents((cash.get(userId) ?? 0) + amount));

  function moveAPrice(): PublishedEvent[] {
    const symbol = pick([...prices.keys()]);
    prices.set(symbol, cents(priceOf(symbol) * (1 + (random() - 0.5) * 0.01)));
    return [...positions.values()].filter((position) => position.symbol === symbol).map(updateOf);
  }

  function updateOf({ positionId, userId, symbol, quantity, averagePrice }: Position): PublishedEvent {
    const currentPrice = priceOf(symbol);
    const totalCost = cents(quantity * averagePrice);
    const currentValue = cents(quantity * currentPrice);
    const data = {
      bullPenId: roomId,
      positionId,
      userId,
      symbol,
      quantity,
      averagePrice,
      currentPrice,
      totalCost,
      currentValue,
      unrealizedPnL: cents(currentValue - totalCost),
      unrealizedPnLPercent: cents(((currentValue - totalCost) / totalCost) * 100),
      updatedAt: iso(),
    };
    return { type: 'position_update', roomId, data };
  }

  function order(userId: string, symbol: string, quantity: number, side: string): PublishedEvent {
    const data = {
      orderId: nextId('order'),
      bullPenId: roomId,
      userId,
      symbol,
      quantity,
      price: priceOf(symbol),
      side,
      orderType: 'market',
      executedAt: iso(),
      status: 'executed',
    };
    return { type: 'order_executed', roomId, data };
  }

  function buy(): PublishedEvent[] {
    const [userId, symbol, quantity] = [
      pick(PLAYERS),
      pick([...prices.keys()]),
      1 + Math.floor(random() * 20),
    ];
    const cost = cents(quantity * priceOf(symbol));
    if (cost > (cash.get(userId) ?? 0)) {
      const data = {
        orderId: nextId('order'),
        bullPenId: roomId,
        userId,
        symbol,
        quantity,
        side: 'buy',
        orderType: 'market',
        reason: 'insufficient funds',
        status: 'failed',
        failedAt: iso(),
      };
      return [{ type: 'order_failed', roomId, data }];
    }
    pay(userId, -cost);
    const averagePrice = priceOf(symbol);
    const position = { positionId: nextId('position'), userId, symbol, quantity, averagePrice };
    positions.set(position.positionId, position);
    return [order(userId, symbol, quantity, 'buy'), updateOf(position)];
  }

  function close({ positionId, userId, symbol, quantity, averagePrice }: Position): PublishedEvent[] {
    positions.delete(positionId);
    const exitPrice = priceOf(symbol);
    pay(userId, quantity * exitPrice);
    const realizedPnL = cents(quantity * (exitPrice - averagePrice));
    const data = {
      bullPenId: roomId,
      positionId,
      userId,
      symbol,
      quantity,
      averagePrice,
      exitPrice,
      realizedPnL,
      realizedPnLPercent: cents((exitPrice / averagePrice - 1) * 100),
      closedAt: iso(),
    };
    return [order(userId, symbol, quantity, 'sell'), { type: 'position_closed', roomId, data }];
  }

  function leaderboard(): PublishedEvent {
    const worth = new Map(cash);
    for (const { userId, symbol, quantity } of positions.values()) {
      worth.set(userId, cents((worth.get(userId) ?? 0) + quantity * priceOf(symbol)));
    }
    const ranked = [...worth].sort(([, one], [, other]) => other - one);
    const data = {
      bullPenId: roomId,
      snapshotId: nextId('snapshot'),
      timestamp: iso(),
      rankings: ranked.map(([userId, portfolioValue], index) => ({
        rank: index + 1,
        userId,
        portfolioValue,
      })),
      totalParticipants: PLAYERS.length,
      snapshotNumber: Math.floor(ticks / TICKS_PER_LEADERBOARD),
    };
    return { type: 'leaderboard_update', roomId, data };
  }

  function roomState(state: string): PublishedEvent {
    const round = Math.floor(ticks / TICKS_PER_ROUND) + 1;
    const data = {
      bullPenId: roomId,
      state,
      status: `round ${round}`,
      memberCount: PLAYERS.length,
      changedAt: iso(),
    };
    return { type: 'room_state_changed', roomId, data };
  }

  /** Everybody sells, and begins anew with the same money. */
  function nextRound(): PublishedEvent[] {
    const closed = [...positions.values()].flatMap(close);
    cash = new Map(PLAYERS.map((player) => [player, START_CASH]));
    return [...closed, roomState('active')];
  }

  return {
    tick() {
      const events = ticks % TICKS_PER_ROUND === 0 ? nextRound() : [];
      events.push(...moveAPrice());
      if (random() < ORDER_CHANCE) {
        const open = [...positions.values()];
        events.push(...(open.length > 0 && random() < CLOSE_CHANCE ? close(pick(open)) : buy()));
      }
      if (ticks % TICKS_PER_LEADERBOARD === 0) events.push(leaderboard());
      ticks += 1;
      return events;
    },
  };
}

function cents(amount: number): number {
  return Math.round(amount * 100) / 100;
}
