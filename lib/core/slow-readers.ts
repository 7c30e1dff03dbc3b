/** Most connections remembered. A forgotten one delays its room once more. */
const MOST_REMEMBERED = 10_000;

/**
 * Connections whose last frame API Gateway refused with 429 while it accepted the frames of others in the same
 * broadcast: their clients read too slowly. API Gateway answers 429 for a full buffer of a client, too:
 * https://docs.aws.amazon.com/botocore/latest/reference/services/apigatewaymanagementapi/client/exceptions/LimitExceededException.html
 * A process remembers them, so that a room waits for each of them once, not at every event.
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
