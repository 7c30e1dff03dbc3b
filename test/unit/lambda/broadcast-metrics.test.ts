import { Metrics } from '@aws-lambda-powertools/metrics';
import { describe, expect, it, vi } from 'vitest';
import type { BroadcastResult } from '../../../lib/core/broadcast.ts';
import { broadcastMetrics } from '../../../lib/lambda/broadcast-metrics.ts';
import type { RoomEvent } from '../../../lib/protocol/room-events.ts';

const NOW = 1_790_000_000_000;
const result: BroadcastResult = {
  delivered: 1,
  gone: 2,
  expired: 3,
  failed: 4,
  throttled: 5,
  complete: true,
};

/** What is published of a broadcast that ended at NOW. */
function published(publishedAt: number, differences: Partial<BroadcastResult> = {}): object[] {
  const metrics = new Metrics({ namespace: 'test', serviceName: 'test' });
  const emitted: object[] = [];
  vi.spyOn(metrics, 'publishStoredMetrics').mockImplementation(() => {
    emitted.push(metrics.serializeMetrics());
    return metrics;
  });
  const event: RoomEvent = { type: 'order_executed', roomId: 'r', id: 'e', data: {}, publishedAt };
  broadcastMetrics(metrics, () => NOW)(event, { ...result, ...differences });
  return emitted;
}

describe('the metrics of a broadcast', () => {
  it('count each outcome by its name, and the time since the event was published', () => {
    expect(published(NOW - 120)).toMatchObject([
      {
        Delivered: 1,
        Gone: 2,
        Expired: 3,
        Failed: 4,
        Throttled: 5,
        Incomplete: 0,
        PublishToDelivery: 120,
      },
    ]);
  });

  it('count one that did not reach every member', () => {
    expect(published(NOW, { complete: false })).toMatchObject([{ Incomplete: 1 }]);
  });

  it('take no time where the clock of the publisher is ahead', () => {
    expect(published(NOW + 5)).toMatchObject([{ PublishToDelivery: 0 }]);
  });

  it('have units', () => {
    const [emitted] = published(NOW);
    const units = JSON.stringify(emitted);
    expect(units).toContain('{"Name":"Delivered","Unit":"Count"}');
    expect(units).toContain('{"Name":"PublishToDelivery","Unit":"Milliseconds"}');
  });
});
