import { expect, it } from 'vitest';
import { broadcastMetrics } from '../../../lib/lambda/broadcast-metrics.ts';
import { counter, type Metrics } from '../../../lib/lambda/counter.ts';

/** Metrics that keep what is published. */
function recordingMetrics() {
  const published: [string, string, number][] = [];
  const stored: typeof published = [];
  const metrics: Metrics = {
    addMetric: (name, unit, value) => stored.push([name, unit, value]),
    publishStoredMetrics: () => void published.push(...stored.splice(0)),
  };
  return { metrics, published };
}

const event = { type: 'order_executed', roomId: '1', id: 'e', publishedAt: 1_000, data: {} } as const;
const result = { delivered: 3, gone: 1, expired: 2, failed: 4, throttled: 5, complete: false };

it('a broadcast counts what became of its members, and how long the last of them waited', () => {
  const { metrics, published } = recordingMetrics();
  broadcastMetrics(metrics, () => 1_250)(event, result);
  expect(published).toEqual([
    ['Delivered', 'Count', 3],
    ['Gone', 'Count', 1],
    ['Expired', 'Count', 2],
    ['Failed', 'Count', 4],
    ['Throttled', 'Count', 5],
    ['Incomplete', 'Count', 1],
    ['PublishToDelivery', 'Milliseconds', 250],
  ]);
});

it('a publisher whose clock is ahead does not make a negative lag', () => {
  const { metrics, published } = recordingMetrics();
  broadcastMetrics(metrics, () => 900)(event, { ...result, complete: true });
  expect(published).toContainEqual(['PublishToDelivery', 'Milliseconds', 0]);
  expect(published).toContainEqual(['Incomplete', 'Count', 0]);
});

it('a counter publishes each one at once: the function may be frozen the moment it returns', () => {
  const { metrics, published } = recordingMetrics();
  const count = counter(metrics, 'TokensRefused');
  count();
  expect(published).toEqual([['TokensRefused', 'Count', 1]]);
});
