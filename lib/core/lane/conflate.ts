import { conflation } from '../../protocol/state-keys.ts';
import type { LoggedEvent } from '../room-log.ts';

/**
 * What is sent of these events: of each state only the newest, of the others every one. An update of a position that is
 * closed behind it is not, either: the closing says all.
 */
export function conflate(events: readonly LoggedEvent[]): LoggedEvent[] {
  const newest = new Map<string, number>();
  for (const { key, seq, stale } of events) {
    if (key !== undefined && !stale) newest.set(key, seq);
  }
  return events.filter(({ type, key, seq, stale }) => {
    if (stale) return false;
    return conflation[type].send !== 'newest' || key === undefined || newest.get(key) === seq;
  });
}
