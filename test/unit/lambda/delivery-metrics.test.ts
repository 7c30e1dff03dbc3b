import { Metrics } from '@aws-lambda-powertools/metrics';
import { expect, it, vi } from 'vitest';
import { NOTHING_DONE } from '../../../lib/core/broadcast-result.ts';
import type { DeliveryReport } from '../../../lib/core/stream/deliver.ts';
import {
  type BroadcastReport,
  broadcastMetrics,
  broadcastReport,
  counter,
  onDelivered,
} from '../../../lib/lambda/metrics.ts';
import { recordingLog } from '../../support/recording-log.ts';

/** A delivery of three events to two hundred members, in one function. */
const aDelivery = (differences: Partial<DeliveryReport> = {}): DeliveryReport => ({
  ...NOTHING_DONE,
  delivered: 200,
  posts: 200,
  functions: 1,
  lastDeliveryAt: 1_500,
  roomId: 'r',
  epoch: 'E',
  fromSeq: 4,
  toSeq: 8,
  firstSeq: 5,
  lastSeq: 7,
  firstEventId: 'd',
  lastEventId: 'e',
  events: 3,
  superseded: 2,
  publishedAt: 1_000,
  startedAt: 1_100,
  endedAt: 1_700,
  ...differences,
});
const inAnEmptyRoom = aDelivery(NOTHING_DONE);

/** What is published of a delivery. */
function published(delivery: DeliveryReport): object[] {
  const metrics = new Metrics({ namespace: 'test', serviceName: 'test' });
  const emitted: object[] = [];
  vi.spyOn(metrics, 'publishStoredMetrics').mockImplementation(() => {
    emitted.push(metrics.serializeMetrics());
    return metrics;
  });
  broadcastMetrics(metrics)(broadcastReport(delivery));
  return emitted;
}

it('the report of a broadcast has the lag until the last post of the oldest event, how fast it posted, and how long it took', () => {
  const report = broadcastReport(aDelivery());
  expect(report).toMatchObject({ lagMs: 500, membersPerSecond: 500, durationMs: 600 });
});

it('the report of a broadcast has its room, the numbers that it covers, its first and last event, and the outcomes', () => {
  expect(broadcastReport(aDelivery({ gone: 1, expired: 2, failed: 3, throttled: 4 }))).toMatchObject({
    roomId: 'r',
    epoch: 'E',
    fromSeq: 4,
    toSeq: 8,
    firstSeq: 5,
    lastSeq: 7,
    firstEventId: 'd',
    lastEventId: 'e',
    events: 3,
    superseded: 2,
    delivered: 200,
    gone: 1,
    expired: 2,
    failed: 3,
    throttledOut: 0,
    late: 0,
    throttled: 4,
    posts: 200,
    functions: 1,
    status: 'complete',
  });
});

it('the report of a broadcast has neither lag nor speed if nothing was posted', () => {
  expect(broadcastReport(inAnEmptyRoom)).toMatchObject({
    posts: 0,
    lagMs: undefined,
    membersPerSecond: undefined,
  });
});

it('the report of a broadcast has no lag below zero, though the clock of the publisher is ahead', () => {
  expect(broadcastReport(aDelivery({ publishedAt: 9_000 }))).toMatchObject({ lagMs: 0 });
});

it('the report of a broadcast has a speed even if all was posted within a millisecond', () => {
  expect(broadcastReport(aDelivery({ lastDeliveryAt: 1_100 }))).toMatchObject({ membersPerSecond: 200_000 });
});

it('the metrics of a broadcast count each outcome by its name, the posts, the lag and the speed', () => {
  const outcomes = { delivered: 1, gone: 2, expired: 3, failed: 4, throttled: 5, throttledOut: 6, posts: 16 };
  const report = aDelivery({ ...outcomes, events: 8, superseded: 9, lastDeliveryAt: 1_104 });
  expect(published(report)).toMatchObject([
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
      PublishToDelivery: 104,
      MembersPerSecond: 250,
    },
  ]);
});

it('the metrics of a broadcast count a broadcast that did not reach every member', () => {
  expect(published(aDelivery({ status: 'out_of_time' }))).toMatchObject([{ Incomplete: 1 }]);
});

it('the metrics of an empty room have neither lag nor speed, which would be zeros that nobody has seen', () => {
  const [emitted] = published(inAnEmptyRoom);
  expect(emitted).toMatchObject({ Posts: 0 });
  expect(emitted).not.toHaveProperty('PublishToDelivery');
  expect(emitted).not.toHaveProperty('MembersPerSecond');
});

it('the metrics of a broadcast have units', () => {
  const units = JSON.stringify(published(aDelivery())[0]);
  expect(units).toContain('{"Name":"Delivered","Unit":"Count"}');
  expect(units).toContain('{"Name":"PublishToDelivery","Unit":"Milliseconds"}');
  expect(units).toContain('{"Name":"MembersPerSecond","Unit":"Count/Second"}');
});

it('a delivery is counted, and its report is logged in one line', () => {
  const recorded = recordingLog();
  const counted: BroadcastReport[] = [];
  onDelivered(recorded.log, (report) => counted.push(report))(aDelivery());
  const report = broadcastReport(aDelivery());
  expect(counted).toEqual([report]);
  expect(recorded.lines).toEqual([{ level: 'info', name: 'delivery', fields: report }]);
});

it('a delivery that cannot be counted is logged all the same, and does not throw: members have their events', () => {
  const recorded = recordingLog();
  const count = () => {
    throw new Error('no such metric');
  };
  expect(() => onDelivered(recorded.log, count)(aDelivery())).not.toThrow();
  expect(recorded.names()).toEqual(['delivery_not_counted', 'delivery']);
});

it('a counter publishes each count at once, because the function may be frozen as soon as it returns', () => {
  const published: [string, string, number][] = [];
  const stored: typeof published = [];
  const count = counter(
    {
      addMetric: (name, unit, value) => stored.push([name, unit, value]),
      publishStoredMetrics: () => void published.push(...stored.splice(0)),
    },
    'TokensRefused',
  );
  count();
  expect(published).toEqual([['TokensRefused', 'Count', 1]]);
});
