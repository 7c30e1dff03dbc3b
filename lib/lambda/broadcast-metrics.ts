import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { BroadcastReport } from './broadcast-report.ts';
import type { Metrics } from './counter.ts';

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
