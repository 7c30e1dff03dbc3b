import { Metrics } from '@aws-lambda-powertools/metrics';
import { expect, it, vi } from 'vitest';
import type { BroadcastReport } from '../../../lib/lambda/metrics.ts';
import { broadcastMetrics } from '../../../lib/lambda/metrics.ts';

const report: BroadcastReport = {
  roomId: 'r',
  epoch: 'E',
  fromSeq: 4,
  toSeq: 8,
  firstSeq: 5,
  lastSeq: 7,
  firstEventId: 'd',
  lastEventId: 'e',
  events: 8,
  superseded: 9,
  delivered: 1,
  gone: 2,
  expired: 3,
  failed: 4,
  throttledOut: 6,
  late: 0,
  throttled: 5,
  posts: 16,
  functions: 2,
  status: 'complete',
  durationMs: 70,
  lagMs: 120,
  membersPerSecond: 250,
};

/** What is published of a broadcast. */
function published(differences: Partial<BroadcastReport> = {}): object[] {
  const metrics = new Metrics({ namespace: 'test', serviceName: 'test' });
  const emitted: object[] = [];
  vi.spyOn(metrics, 'publishStoredMetrics').mockImplementation(() => {
    emitted.push(metrics.serializeMetrics());
    return metrics;
  });
  broadcastMetrics(metrics)({ ...report, ...differences });
  return emitted;
}

it('the metrics of a broadcast count each outcome by its name, the posts, the lag and the speed', () => {
  expect(published()).toMatchObject([
    {
      Events: 8,
      Superseded: 9,
      Delivered: 1,
      Gone: 2,
      Expired: 3,
      Failed: 4,
      ThrottledOut: 6,
      Throttled: 5,
      Posts: 16,
      Incomplete: 0,
      PublishToDelivery: 120,
      MembersPerSecond: 250,
    },
  ]);
});

it('the metrics of a broadcast count a broadcast that did not reach every member', () => {
  expect(published({ status: 'out_of_time' })).toMatchObject([{ Incomplete: 1 }]);
});

it('the metrics of an empty room have neither lag nor speed, which would be zeros that nobody has seen', () => {
  const [emitted] = published({ posts: 0, lagMs: undefined, membersPerSecond: undefined });
  expect(emitted).toMatchObject({ Posts: 0 });
  expect(emitted).not.toHaveProperty('PublishToDelivery');
  expect(emitted).not.toHaveProperty('MembersPerSecond');
});

it('the metrics of a broadcast have units', () => {
  const units = JSON.stringify(published()[0]);
  expect(units).toContain('{"Name":"Delivered","Unit":"Count"}');
  expect(units).toContain('{"Name":"PublishToDelivery","Unit":"Milliseconds"}');
  expect(units).toContain('{"Name":"MembersPerSecond","Unit":"Count/Second"}');
});
