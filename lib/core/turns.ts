/** Of so many turns one goes to those who wait again, while there are others. */
const AGAIN_EVERY = 4;

/** Who waits for a turn. First tries go before retries: a connection that is throttled must not hold up the rest. */
export interface Turns<Turn> {
  wait(isAgain: boolean): Promise<Turn>;
  /** Whether anybody waits at all, or for the first time. */
  anyWaits(): boolean;
  firstWaits(): boolean;
  /** Gives a turn to whoever is next. */
  give(turn: Turn): void;
}

export function turns<Turn>(): Turns<Turn> {
  const first: ((turn: Turn) => void)[] = [];
  const again: ((turn: Turn) => void)[] = [];
  let given = 0;
  return {
    wait: (isAgain) => new Promise((resolve) => void (isAgain ? again : first).push(resolve)),
    anyWaits: () => first.length > 0 || again.length > 0,
    firstWaits: () => first.length > 0,
    give(turn) {
      given += 1;
      const queue = first.length === 0 || (again.length > 0 && given % AGAIN_EVERY === 0) ? again : first;
      queue.shift()?.(turn);
    },
  };
}
