import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { MetricName } from '../config/metrics.ts';
import type { Log } from '../core/log-events.ts';
import type { FlushReport } from '../core/stream/deliver.ts';

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

/** Counts what became of a broadcast, as CloudWatch metrics in the log (embedded metric format). */
export function broadcastMetrics(metrics: Metrics) {
  return (report: BroadcastReport): void => {
    metrics.addMetric('Events', MetricUnit.Count, report.events);
    metrics.addMetric('Conflated', MetricUnit.Count, report.conflated);
    metrics.addMetric('Delivered', MetricUnit.Count, report.delivered);
    metrics.addMetric('Gone', MetricUnit.Count, report.gone);
    metrics.addMetric('Expired', MetricUnit.Count, report.expired);
    metrics.addMetric('Failed', MetricUnit.Count, report.failed);
    metrics.addMetric('ThrottledOut', MetricUnit.Count, report.throttledOut);
    metrics.addMetric('Throttled', MetricUnit.Count, report.throttled);
    metrics.addMetric('Posts', MetricUnit.Count, report.posts);
    metrics.addMetric('Incomplete', MetricUnit.Count, report.complete ? 0 : 1);
    if (report.lagMs !== undefined) {
      metrics.addMetric('PublishToDelivery', MetricUnit.Milliseconds, report.lagMs);
    }
    if (report.postsPerSecond !== undefined) {
      metrics.addMetric('PostsPerSecond', MetricUnit.CountPerSecond, report.postsPerSecond);
    }
    metrics.publishStoredMetrics();
  };
}

/** Counts a flush and logs it in one line. Never throws: members have their events, which must not be sent again. */
export function onFlush(log: Log, count: (report: BroadcastReport) => void): (flushed: FlushReport) => void {
  return (flushed) => {
    const report = reportOf(flushed);
    try {
      count(report);
    } catch (error) {
      log('delivery_not_counted', { roomId: report.roomId, error });
    }
    log('delivery', report);
  };
}
