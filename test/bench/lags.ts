/** Counts of whole milliseconds: a million of them take no more room than ten. */
export interface Lags {
  add(milliseconds: number): void;
  /** The smallest that so large a share does not exceed; NaN where there are none. */
  percentile(share: number): number;
}

export function createLags(): Lags {
  const counts: number[] = [];
  let total = 0;
  return {
    add(milliseconds) {
      // Clocks of one machine; a publisher that was held up may have dated an event a moment ahead.
      const index = Math.max(0, Math.round(milliseconds));
      counts[index] = (counts[index] ?? 0) + 1;
      total += 1;
    },
    percentile(share) {
      let below = 0;
      for (const [milliseconds, count = 0] of counts.entries()) {
        below += count;
        if (below >= share * total && below > 0) return milliseconds;
      }
      return Number.NaN;
    },
  };
}
