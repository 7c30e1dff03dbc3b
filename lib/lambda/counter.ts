import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { MetricName } from '../config/metrics.ts';

/** The part of Powertools' Metrics that handlers use. Only names that the dashboard can know. */
export interface Metrics {
  addMetric(name: MetricName, unit: (typeof MetricUnit)[keyof typeof MetricUnit], value: number): unknown;
  publishStoredMetrics(): void;
}

/** Counts one, if nothing else is said, as a CloudWatch metric in the log (embedded metric format). */
export function counter(metrics: Metrics, name: MetricName): (count?: number) => void {
  return (count = 1) => {
    metrics.addMetric(name, MetricUnit.Count, count);
    metrics.publishStoredMetrics();
  };
}
