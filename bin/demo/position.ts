import { cents } from './cents.ts';

/** So many of a symbol, and whose. */
export interface Holding {
  userId: string;
  symbol: string;
  quantity: number;
}

export interface Position extends Holding {
  positionId: string;
  averagePrice: number;
}

/** What a position has gained at this price, in money and in percent of what it cost. */
export function profitOf({ quantity, averagePrice }: Position, price: number) {
  return {
    amount: cents(quantity * (price - averagePrice)),
    percent: cents((price / averagePrice - 1) * 100),
  };
}
