const KEPT = 120;

/** Milliseconds from being published to the screen, of the last events, oldest first. */
export type Latencies = readonly number[];

/** The service's clock may be ahead of this one: an event is not early. */
export function withLatency(latencies: Latencies, milliseconds: number): Latencies {
  return [...latencies, Math.max(0, milliseconds)].slice(-KEPT);
}

/** The value below which this share of the latencies is; undefined where there are none. */
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

/** Bars in a drawing of this size, the newest on the right; the highest reaches the top. */
export function bars(latencies: Latencies, width: number, height: number): Bar[] {
  const highest = Math.max(1, ...latencies);
  const step = width / KEPT;
  return latencies.map((latency, index) => {
    const barHeight = Math.max(1, (latency / highest) * height);
    const x = width - (latencies.length - index) * step;
    return { x, y: height - barHeight, width: step * 0.7, height: barHeight };
  });
}
