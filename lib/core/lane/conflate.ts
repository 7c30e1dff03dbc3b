import { conflation } from '../../protocol/state-keys.ts';
import type { LastValue, LoggedEvent } from '../room-log.ts';

/**
 * What is sent of these events: of each state only the newest, if it is newer than the last value that is known of it; of
 * the others every one. An update of a position that is closed behind it is not sent, either: the closing says all.
 */
export function conflate(events: readonly LoggedEvent[], known: readonly LastValue[]): LoggedEvent[] {
  const newest = newestOf(events, known);
  return events.filter(
    (event) =>
      conflation[event.type].send !== 'newest' ||
      event.key === undefined ||
      newest.get(event.key)?.seq === event.seq,
  );
}

/** State → its newest value, or its end, after these events. The known values may be of one of them, or of a later one. */
export function newestOf(
  events: readonly LoggedEvent[],
  known: readonly LastValue[],
): Map<string, LoggedEvent> {
  const newest = new Map<string, LoggedEvent>(known.map((value) => [value.key, value]));
  for (const event of events) {
    if (event.key === undefined || isStale(event, newest.get(event.key))) continue;
    newest.set(event.key, event);
  }
  return newest;
}

/**
 * EventBridge promises no order, so what comes later need not be newer: the time of publication decides, and the order of
 * the lane only where that is the same. After its end a state has no newer value, whatever its time: the services of
 * today set none, and then the time is when it came.
 */
function isStale(event: LoggedEvent, value: LoggedEvent | undefined): boolean {
  if (value === undefined || isEnd(event)) return false;
  return value.seq > event.seq || isEnd(value) || value.publishedAt > event.publishedAt;
}

/** Whether this event, or last value, ends its state. */
export function isEnd({ type }: Pick<LoggedEvent, 'type'>): boolean {
  return conflation[type].send === 'ends';
}
