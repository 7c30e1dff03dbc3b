import type { FlushReport } from '../core/lane/flush.ts';
import { type BroadcastReport, reportOf } from './broadcast-report.ts';
import { asError, type Log } from './log.ts';

/** Counts a flush and logs it in one line. Never throws: members have their events, which must not be sent again. */
export function onFlush(log: Log, count: (report: BroadcastReport) => void): (flushed: FlushReport) => void {
  return (flushed) => {
    const report = reportOf(flushed);
    try {
      count(report);
    } catch (error) {
      log.error('broadcast not counted', asError(error));
    }
    log.info('broadcast', { ...report });
  };
}
