/** The current price of each symbol. */
interface Prices {
  readonly symbols: readonly string[];
  of(symbol: string): number;
  /** Moves the price of a symbol by half a percent at most. */
  move(symbol: string): void;
}

const FIRST_PRICES = { AAPL: 187.2, MSFT: 412.5, NVDA: 121.4, TSLA: 244.1, AMZN: 178.9 };
const LARGEST_MOVE = 0.005;

/** Prices by a random walk. */
export function createPrices(random: () => number): Prices {
  const prices = new Map<string, number>(Object.entries(FIRST_PRICES));
  const of = (symbol: string) => prices.get(symbol) ?? 0;
  return {
    symbols: [...prices.keys()],
    of,
    move(symbol) {
      prices.set(symbol, cents(of(symbol) * (1 + (2 * random() - 1) * LARGEST_MOVE)));
    },
  };
}

/** Rounds an amount to cents. */
export function cents(amount: number): number {
  return Math.round(amount * 100) / 100;
}
