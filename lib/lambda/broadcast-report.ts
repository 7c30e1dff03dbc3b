import type { BroadcastResult } from '../core/broadcast-result.ts';

/** A broadcast in figures, for the log and the metrics. */
export interface BroadcastReport extends Omit<BroadcastResult, 'lastDeliveryAt'> {
  durationMs: number;
  /** From `publishedAt` to the answer to the last post that delivered. Undefined when none did. */
  lagMs: number | undefined;
  /** Posts that delivered, from the start to the last of them. Those who are tried for long do not count as slow. */
  postsPerSecond: number | undefined;
}

/** All times in epoch milliseconds. */
export function reportOf(
  { lastDeliveryAt, ...result }: BroadcastResult,
  { publishedAt, startedAt, endedAt }: { publishedAt: number; startedAt: number; endedAt: number },
): BroadcastReport {
  const delivered = result.delivered > 0;
  // Clocks differ: the publisher's may be ahead of ours, a worker's behind.
  const postingMs = Math.max(1, lastDeliveryAt - startedAt);
  return {
    ...result,
    durationMs: endedAt - startedAt,
    lagMs: delivered ? Math.max(0, lastDeliveryAt - publishedAt) : undefined,
    postsPerSecond: delivered ? Math.round((result.delivered / postingMs) * 1000) : undefined,
  };
}
