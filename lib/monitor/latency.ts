const KEPT = 120;

/** Milliseconds from publication to the screen for the last events, oldest first. */
export type Latencies = readonly number[];

/** Adds a latency; at least 0, because the clock of the service may be ahead of this one. */
export function withLatency(latencies: Latencies, milliseconds: number): Latencies {
  return [...latencies, Math.max(0, milliseconds)].slice(-KEPT);
}

/** The percentile of the latencies, with `share` from 0 to 1; undefined if there are none. */
export function percentile(latencies: Latencies, share: number): number | undefined {
  const sorted = [...latencies].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

interface Bar {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Bars of a chart of this size. The newest is on the right; the highest reaches the top. */
export function bars(latencies: Latencies, width: number, height: number): Bar[] {
  const highest = Math.max(1, ...latencies);
  const step = width / KEPT;
  return latencies.map((latency, index) => {
    const barHeight = Math.max(1, (latency / highest) * height);
    const x = width - (latencies.length - index) * step;
    return { x, y: height - barHeight, width: step * 0.7, height: barHeight };
  });
}
