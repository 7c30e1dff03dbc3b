import type { FlushReport } from '../core/lane/flush.ts';

/** A broadcast in figures, for the log and the metrics. */
export interface BroadcastReport
  extends Omit<FlushReport, 'lastDeliveryAt' | 'publishedAt' | 'startedAt' | 'endedAt'> {
  durationMs: number;
  /** From `publishedAt` of the oldest event to the answer to the last post that delivered. Undefined when none did. */
  lagMs: number | undefined;
  /** Members that were served a second, from the start to the last of them. Those who are tried for long do not count as slow. */
  postsPerSecond: number | undefined;
}

export function reportOf({
  lastDeliveryAt,
  publishedAt,
  startedAt,
  endedAt,
  ...result
}: FlushReport): BroadcastReport {
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
