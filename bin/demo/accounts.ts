import { cents } from './prices.ts';

export interface Ranking {
  rank: number;
  userId: string;
  portfolioValue: number;
}

/** The cash and the open positions of all players. */
interface Accounts {
  readonly players: readonly string[];
  readonly positions: readonly Position[];
  canPay(userId: string, amount: number): boolean;
  /** Opens a position and pays its cost. */
  open(position: Position): void;
  /** Closes a position at this price. */
  close(position: Position, price: number): void;
  /** All players by the value of their cash and positions at these prices, richest first. */
  rank(priceOf: (symbol: string) => number): Ranking[];
  /** Resets the cash of all players. Positions stay. */
  refill(): void;
}

const PLAYERS = ['alice', 'bob', 'carol', 'dan', 'erin', 'frank'];
const FIRST_CASH = 10_000;

export function createAccounts(): Accounts {
  const positions = new Map<string, Position>();
  const cash = new Map<string, number>();
  const cashOf = (userId: string) => cash.get(userId) ?? FIRST_CASH;
  const pay = (userId: string, amount: number) => cash.set(userId, cents(cashOf(userId) + amount));
  return {
    players: PLAYERS,
    get positions() {
      return [...positions.values()];
    },
    canPay: (userId, amount) => amount <= cashOf(userId),
    open(position) {
      positions.set(position.positionId, position);
      pay(position.userId, -position.quantity * position.averagePrice);
    },
    close({ positionId, userId, quantity }, price) {
      if (positions.delete(positionId)) pay(userId, quantity * price);
    },
    rank(priceOf) {
      const worth = new Map(PLAYERS.map((player) => [player, cashOf(player)]));
      for (const { userId, symbol, quantity } of positions.values()) {
        worth.set(userId, (worth.get(userId) ?? 0) + quantity * priceOf(symbol));
      }
      const ranked = [...worth].sort(([, one], [, other]) => other - one);
      return ranked.map(([userId, value], index) => ({
        rank: index + 1,
        userId,
        portfolioValue: cents(value),
      }));
    },
    refill: () => cash.clear(),
  };
}

/** A quantity of a symbol that a user trades or owns. */
export interface Holding {
  userId: string;
  symbol: string;
  quantity: number;
}

export interface Position extends Holding {
  positionId: string;
  averagePrice: number;
}

/** The profit of a position at this price, as an amount and in percent of its cost. */
export function profitOf({ quantity, averagePrice }: Position, price: number) {
  return {
    amount: cents(quantity * (price - averagePrice)),
    percent: cents((price / averagePrice - 1) * 100),
  };
}
