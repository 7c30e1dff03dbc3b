import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { MetricName } from '../config/metrics.ts';
import type { Log } from '../core/log.ts';
import type { DeliveryReport } from '../core/stream/deliver.ts';

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
  extends Omit<DeliveryReport, 'lastDeliveryAt' | 'publishedAt' | 'startedAt' | 'endedAt'> {
  durationMs: number;
  /** From `publishedAt` of the oldest event to the answer to the last post that delivered. Undefined when none did. */
  lagMs: number | undefined;
  /** Members that were served a second, from the start to the last of them. Those who are tried for long do not count as slow. */
  membersPerSecond: number | undefined;
}

export function broadcastReport({
  lastDeliveryAt,
  publishedAt,
  startedAt,
  endedAt,
  ...result
}: DeliveryReport): BroadcastReport {
  const delivered = result.delivered > 0;
  // Clocks differ: the publisher's may be ahead of ours, a worker's behind.
  const postingMs = Math.max(1, lastDeliveryAt - startedAt);
  return {
    ...result,
    durationMs: endedAt - startedAt,
    lagMs: delivered ? Math.max(0, lastDeliveryAt - publishedAt) : undefined,
    membersPerSecond: delivered ? Math.round((result.delivered / postingMs) * 1000) : undefined,
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
    metrics.addMetric('Incomplete', MetricUnit.Count, report.status === 'complete' ? 0 : 1);
    if (report.lagMs !== undefined) {
      metrics.addMetric('PublishToDelivery', MetricUnit.Milliseconds, report.lagMs);
    }
    if (report.membersPerSecond !== undefined) {
      metrics.addMetric('MembersPerSecond', MetricUnit.CountPerSecond, report.membersPerSecond);
    }
    metrics.publishStoredMetrics();
  };
}

/** Counts a delivery and logs it in one line. Never throws: members have their events, which must not be sent again. */
export function onDelivered(
  log: Log,
  count: (report: BroadcastReport) => void,
): (delivered: DeliveryReport) => void {
  return (delivered) => {
    const report = broadcastReport(delivered);
    try {
      count(report);
    } catch (error) {
      log('delivery_not_counted', { roomId: report.roomId, error });
    }
    log('delivery', report);
  };
}
