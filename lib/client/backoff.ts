/**
 * Milliseconds until attempt number `attempt` (the first is 0). Full jitter: clients that were cut off together come
 * back one by one. https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoff(
  attempt: number,
  {
    minBackoffMs,
    maxBackoffMs,
    random,
  }: { minBackoffMs: number; maxBackoffMs: number; random: () => number },
): number {
  return random() * Math.min(maxBackoffMs, minBackoffMs * 2 ** attempt);
}

const SOON_MS = 2_000;

/** Milliseconds until a request that failed inside the server is made again, on the same connection. */
export function soon({ random }: { random: () => number }): number {
  return SOON_MS * (0.5 + random() / 2);
}
