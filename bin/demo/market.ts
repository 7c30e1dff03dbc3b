import type { PublishedEvent } from '../../lib/publisher/publisher.ts';
import type { Position } from './accounts.ts';
import { createAccounts } from './accounts.ts';
import {
  leaderboardUpdate,
  type Moment,
  orderExecuted,
  orderFailed,
  positionClosed,
  positionUpdate,
  roomStateChanged,
} from './market-events.ts';
import { createPrices } from './prices.ts';

/** A simulated game. All its decisions come from `random`, so that a seed repeats it. */
interface DemoMarket {
  /** Advances the market by one step and returns its events in order. */
  tick(): PublishedEvent[];
}

const ORDER_CHANCE = 0.3;
const CLOSE_CHANCE = 0.35;
const LARGEST_ORDER = 20;
const TICKS_PER_LEADERBOARD = 5;
const TICKS_PER_ROUND = 300;

export function createDemoMarket({
  roomId,
  random,
  now,
}: {
  roomId: string;
  random: () => number;
  /** Epoch milliseconds. */
  now: () => number;
}): DemoMarket {
  const prices = createPrices(random);
  const accounts = createAccounts();
  let ticks = 0;
  let orders = 0;

  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const moment = (): Moment => ({ roomId, at: new Date(now()).toISOString() });
  const nextOrderId = () => {
    orders += 1;
    return `order-${orders}`;
  };

  function moveAPrice(): PublishedEvent[] {
    const moved = pick(prices.symbols);
    prices.move(moved);
    const concerned = accounts.positions.filter(({ symbol }) => symbol === moved);
    return concerned.map((position) => positionUpdate(moment(), position, prices.of(moved)));
  }

  function buy(): PublishedEvent[] {
    const holding = {
      userId: pick(accounts.players),
      symbol: pick(prices.symbols),
      quantity: 1 + Math.floor(random() * LARGEST_ORDER),
    };
    const order = { orderId: nextOrderId(), ...holding, side: 'buy' as const };
    const price = prices.of(holding.symbol);
    if (!accounts.canPay(holding.userId, holding.quantity * price)) {
      return [orderFailed(moment(), order, 'insufficient funds')];
    }
    const position = { positionId: `position-${orders}`, ...holding, averagePrice: price };
    accounts.open(position);
    return [orderExecuted(moment(), order, price), positionUpdate(moment(), position, price)];
  }

  function sell(position: Position): PublishedEvent[] {
    const { userId, symbol, quantity } = position;
    const order = { orderId: nextOrderId(), userId, symbol, quantity, side: 'sell' as const };
    const price = prices.of(symbol);
    accounts.close(position, price);
    return [orderExecuted(moment(), order, price), positionClosed(moment(), position, price)];
  }

  function trade(): PublishedEvent[] {
    const { positions } = accounts;
    return positions.length > 0 && random() < CLOSE_CHANCE ? sell(pick(positions)) : buy();
  }

  /** All players sell their positions and start again with the same cash. */
  function nextRound(): PublishedEvent[] {
    const sold = accounts.positions.flatMap(sell);
    accounts.refill();
    return [...sold, roomStateChanged(moment(), ticks / TICKS_PER_ROUND + 1, accounts.players.length)];
  }

  return {
    tick() {
      const events = ticks % TICKS_PER_ROUND === 0 ? nextRound() : [];
      events.push(...moveAPrice());
      if (random() < ORDER_CHANCE) events.push(...trade());
      if (ticks % TICKS_PER_LEADERBOARD === 0) {
        events.push(leaderboardUpdate(moment(), accounts.rank(prices.of), ticks / TICKS_PER_LEADERBOARD));
      }
      ticks += 1;
      return events;
    },
  };
}
