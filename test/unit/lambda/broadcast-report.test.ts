import { expect, it } from 'vitest';
import { NOTHING_DONE } from '../../../lib/core/broadcast-result.ts';
import type { DeliveryReport } from '../../../lib/core/stream/deliver.ts';
import { broadcastReport } from '../../../lib/lambda/metrics.ts';

const delivery: DeliveryReport = {
  ...NOTHING_DONE,
  roomId: 'r',
  epoch: 'E',
  fromSeq: 4,
  toSeq: 8,
  firstSeq: 5,
  lastSeq: 7,
  firstEventId: 'd',
  lastEventId: 'e',
  events: 3,
  superseded: 4,
  publishedAt: 1_000,
  startedAt: 1_100,
  endedAt: 1_700,
};
const posted = { ...delivery, delivered: 200, posts: 200, functions: 1, lastDeliveryAt: 1_500 };

it('the report of a broadcast has the lag until the last post of the oldest event, how fast it posted, and how long it took', () => {
  expect(broadcastReport(posted)).toEqual({
    roomId: 'r',
    epoch: 'E',
    fromSeq: 4,
    toSeq: 8,
    firstSeq: 5,
    lastSeq: 7,
    firstEventId: 'd',
    lastEventId: 'e',
    events: 3,
    superseded: 4,
    delivered: 200,
    gone: 0,
    expired: 0,
    failed: 0,
    throttledOut: 0,
    late: 0,
    throttled: 0,
    posts: 200,
    functions: 1,
    status: 'complete',
    durationMs: 600,
    lagMs: 500,
    membersPerSecond: 500,
  });
});

it('the report of a broadcast has neither lag nor speed if nothing was posted', () => {
  expect(broadcastReport(delivery)).toMatchObject({
    posts: 0,
    lagMs: undefined,
    membersPerSecond: undefined,
  });
});

it('the report of a broadcast has no lag below zero, though the clock of the publisher is ahead', () => {
  expect(broadcastReport({ ...posted, publishedAt: 9_000 })).toMatchObject({ lagMs: 0 });
});

it('the report of a broadcast has a speed even if all was posted within a millisecond', () => {
  expect(broadcastReport({ ...posted, lastDeliveryAt: 1_100 })).toMatchObject({
    membersPerSecond: 200_000,
  });
});
