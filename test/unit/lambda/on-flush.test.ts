import { describe, expect, it } from 'vitest';
import { NOTHING_DONE } from '../../../lib/core/broadcast-result.ts';
import type { FlushReport } from '../../../lib/core/lane/flush.ts';
import { type BroadcastReport, reportOf } from '../../../lib/lambda/broadcast-report.ts';
import { onFlush } from '../../../lib/lambda/on-flush.ts';
import { recordingLog } from './recording-log.ts';

const flushed: FlushReport = {
  ...NOTHING_DONE,
  delivered: 2,
  posts: 2,
  functions: 1,
  lastDeliveryAt: 1_150,
  roomId: 'r',
  events: 1,
  conflated: 3,
  seq: 7,
  eventId: 'e',
  publishedAt: 1_000,
  startedAt: 1_100,
  endedAt: 1_180,
};

describe('a flush', () => {
  it('is counted, and logged in one line with its room, its number and its event', () => {
    const log = recordingLog();
    const counted: BroadcastReport[] = [];
    onFlush(log, (report) => counted.push(report))(flushed);
    expect(counted).toEqual([reportOf(flushed)]);
    expect(log.lines).toEqual([{ level: 'info', message: 'broadcast', rest: reportOf(flushed) }]);
    expect(log.lines).toMatchObject([{ rest: { roomId: 'r', seq: 7, eventId: 'e', lagMs: 150 } }]);
  });

  it('P4 that cannot be counted is logged all the same, and does not throw: members have their events', () => {
    const log = recordingLog();
    const count = () => {
      throw new Error('no such metric');
    };
    expect(() => onFlush(log, count)(flushed)).not.toThrow();
    expect(log.lines.map(({ level, message }) => [level, message])).toEqual([
      ['error', 'broadcast not counted'],
      ['info', 'broadcast'],
    ]);
  });
});
