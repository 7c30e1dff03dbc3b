import { expect, it } from 'vitest';
import { counter, type Metrics } from '../../../lib/lambda/metrics.ts';

it('a counter publishes each one at once: the function may be frozen the moment it returns', () => {
  const published: [string, string, number][] = [];
  const stored: typeof published = [];
  const metrics: Metrics = {
    addMetric: (name, unit, value) => stored.push([name, unit, value]),
    publishStoredMetrics: () => void published.push(...stored.splice(0)),
  };
  const count = counter(metrics, 'TokensRefused');
  count();
  expect(published).toEqual([['TokensRefused', 'Count', 1]]);
});
