import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { CountName, MetricName, MetricUnitOf } from '../config/metrics.ts';
import type { Log } from '../core/log.ts';
import type { DeliveryReport } from '../core/stream/deliver.ts';

/** The used methods of Powertools' Metrics, with the names and units of `lib/config/metrics.ts` only. */
export interface Metrics {
  addMetric<Name extends MetricName>(name: Name, unit: MetricUnitOf<Name>, value: number): unknown;
  publishStoredMetrics(): void;
}

/** A function that adds a count, by default 1, to a CloudWatch metric in the log (embedded metric format). */
export function counter(metrics: Metrics, name: CountName): (count?: number) => void {
  return (count = 1) => {
    metrics.addMetric(name, MetricUnit.Count, count);
    metrics.publishStoredMetrics();
  };
}

/** The numbers of a delivery, for the log and the metrics. */
export interface BroadcastReport
  extends Omit<DeliveryReport, 'lastDeliveryAt' | 'publishedAt' | 'startedAt' | 'endedAt'> {
  durationMs: number;
  /** From `publishedAt` of the oldest event to the last delivered post. Undefined if no post was delivered. */
  lagMs: number | undefined;
  /**
   * Members delivered to a second, from the start to the last delivered post. Retries for other members after that do not
   * count. Undefined if no post was delivered.
   */
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
  // The clock of the publisher may be ahead of ours, and the clock of a worker behind.
  const postingMs = Math.max(1, lastDeliveryAt - startedAt);
  return {
    ...result,
    durationMs: endedAt - startedAt,
    lagMs: delivered ? Math.max(0, lastDeliveryAt - publishedAt) : undefined,
    membersPerSecond: delivered ? Math.round((result.delivered / postingMs) * 1000) : undefined,
  };
}

/** Adds the numbers of a delivery to the CloudWatch metrics in the log (embedded metric format). */
export function broadcastMetrics(metrics: Metrics) {
  return (report: BroadcastReport): void => {
    metrics.addMetric('Events', MetricUnit.Count, report.events);
    metrics.addMetric('Superseded', MetricUnit.Count, report.superseded);
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

/** Counts a delivery and logs it in one line. Never throws: an error would make the delivery be retried. */
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
