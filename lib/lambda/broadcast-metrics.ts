import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { BroadcastResult } from '../core/broadcast.ts';
import type { Clock } from '../core/ports.ts';
import type { RoomEvent } from '../protocol/room-events.ts';
import type { Metrics } from './counter.ts';

/** Counts what became of a broadcast, as CloudWatch metrics in the log (embedded metric format). */
export function broadcastMetrics(metrics: Metrics, clock: Clock) {
  return ({ publishedAt }: RoomEvent, result: BroadcastResult): void => {
    metrics.addMetric('Delivered', MetricUnit.Count, result.delivered);
    metrics.addMetric('Gone', MetricUnit.Count, result.gone);
    metrics.addMetric('Expired', MetricUnit.Count, result.expired);
    metrics.addMetric('Failed', MetricUnit.Count, result.failed);
    metrics.addMetric('Throttled', MetricUnit.Count, result.throttled);
    metrics.addMetric('Incomplete', MetricUnit.Count, result.complete ? 0 : 1);
    metrics.addMetric('PublishToDelivery', MetricUnit.Milliseconds, Math.max(0, clock() - publishedAt));
    metrics.publishStoredMetrics();
  };
}
