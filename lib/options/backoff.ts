/**
 * Milliseconds to wait before attempt number `attempt` (the first is 0). Full jitter: clients that failed at the same moment
 * do not retry at the same moment.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
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
