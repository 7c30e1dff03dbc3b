import { expect, it } from 'vitest';
import { NOTHING_DONE } from '../../../lib/core/broadcast-result.ts';
import type { DeliveryReport } from '../../../lib/core/stream/deliver.ts';
import { type BroadcastReport, broadcastReport, onDelivered } from '../../../lib/lambda/metrics.ts';
import { recordingLog } from '../../support/recording-log.ts';

const delivery: DeliveryReport = {
  ...NOTHING_DONE,
  delivered: 2,
  posts: 2,
  functions: 1,
  lastDeliveryAt: 1_150,
  roomId: 'r',
  events: 1,
  superseded: 3,
  epoch: 'E',
  fromSeq: 4,
  toSeq: 8,
  firstSeq: 5,
  lastSeq: 7,
  firstEventId: 'd',
  lastEventId: 'e',
  publishedAt: 1_000,
  startedAt: 1_100,
  endedAt: 1_180,
};

it('a delivery is counted, and logged in one line with its room, the numbers that it covers, and its first and last event', () => {
  const recorded = recordingLog();
  const counted: BroadcastReport[] = [];
  onDelivered(recorded.log, (report) => counted.push(report))(delivery);
  expect(counted).toEqual([broadcastReport(delivery)]);
  expect(recorded.lines).toEqual([{ level: 'info', name: 'delivery', fields: broadcastReport(delivery) }]);
  const range = { fromSeq: 4, toSeq: 8, firstSeq: 5, lastSeq: 7, firstEventId: 'd', lastEventId: 'e' };
  expect(recorded.lines).toMatchObject([{ fields: { roomId: 'r', epoch: 'E', ...range, lagMs: 150 } }]);
});

it('a delivery that cannot be counted is logged all the same, and does not throw: members have their events', () => {
  const recorded = recordingLog();
  const count = () => {
    throw new Error('no such metric');
  };
  expect(() => onDelivered(recorded.log, count)(delivery)).not.toThrow();
  expect(recorded.names()).toEqual(['delivery_not_counted', 'delivery']);
});
