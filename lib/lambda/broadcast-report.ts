import type { BroadcastResult } from '../core/broadcast-result.ts';

/** A broadcast in figures, for the log and the metrics. */
export interface BroadcastReport extends Omit<BroadcastResult, 'lastPostAt'> {
  durationMs: number;
  /** From `publishedAt` to the answer to the last post. Undefined when nothing was posted. */
  lagMs: number | undefined;
  /** From the start to the answer to the last post. */
  postsPerSecond: number | undefined;
}

/** All times in epoch milliseconds. */
export function reportOf(
  { lastPostAt, ...result }: BroadcastResult,
  { publishedAt, startedAt, endedAt }: { publishedAt: number; startedAt: number; endedAt: number },
): BroadcastReport {
  const posted = result.posts > 0;
  // Clocks differ: the publisher's may be ahead of ours, a worker's behind.
  const postingMs = Math.max(1, lastPostAt - startedAt);
  return {
    ...result,
    durationMs: endedAt - startedAt,
    lagMs: posted ? Math.max(0, lastPostAt - publishedAt) : undefined,
    postsPerSecond: posted ? Math.round((result.posts / postingMs) * 1000) : undefined,
  };
}
