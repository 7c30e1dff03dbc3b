import type { FlushReport } from '../core/lane/flush.ts';
import type { Log } from '../core/log-events.ts';
import { type BroadcastReport, reportOf } from './broadcast-report.ts';

/** Counts a flush and logs it in one line. Never throws: members have their events, which must not be sent again. */
export function onFlush(log: Log, count: (report: BroadcastReport) => void): (flushed: FlushReport) => void {
  return (flushed) => {
    const report = reportOf(flushed);
    try {
      count(report);
    } catch (error) {
      log('delivery_not_counted', { roomId: report.roomId, error });
    }
    log('delivery', report);
  };
}
