/** So many are remembered; beyond that the oldest are forgotten, and cost their room one more wait each. */
const MOST_REMEMBERED = 10_000;

/**
 * Connections whose last frame API Gateway refused with 429 although it took the frames of others: their clients read
 * too slowly. A process remembers them, so that their rooms wait for each of them once, and not at every event.
 */
export interface SlowReaders {
  has(connectionId: string): boolean;
  remember(connectionId: string): void;
  forget(connectionId: string): void;
}

export function slowReaders(most: number = MOST_REMEMBERED): SlowReaders {
  // A set keeps the order in which they were added.
  const known = new Set<string>();
  return {
    has: (connectionId) => known.has(connectionId),
    remember(connectionId) {
      known.delete(connectionId);
      known.add(connectionId);
      const [oldest] = known;
      if (known.size > most && oldest !== undefined) known.delete(oldest);
    },
    forget: (connectionId) => void known.delete(connectionId),
  };
}
