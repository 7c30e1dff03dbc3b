import { conflation } from '../../protocol/state-keys.ts';
import type { LastValue, LoggedEvent } from '../room-log.ts';

/** Whether this event, or last value, ends its state. */
export function isEnd({ type }: Pick<LoggedEvent, 'type'>): boolean {
  return conflation[type].send === 'ends';
}

/**
 * Marks the events that are older than the value that their state has by then, and tells the values afterwards of all
 * states that have changed. EventBridge promises no order, so what comes later need not be newer: the time of
 * publication decides, and the order of the lane only where that is the same. After its end a state has no newer value,
 * whatever its time: the services of today set none, and then the time is when it came.
 */
export function markStale(
  events: readonly LoggedEvent[],
  known: readonly LastValue[],
): { events: LoggedEvent[]; values: LastValue[] } {
  const current = new Map(known.map((value) => [value.key, value]));
  const changed = new Map<string, LastValue>();
  const marked = events.map((event): LoggedEvent => {
    const { key } = event;
    if (key === undefined) return event;
    if (isStale(event, current.get(key))) return { ...event, stale: true };
    const value = { ...event, key };
    current.set(key, value);
    changed.set(key, value);
    return event;
  });
  return { events: marked, values: [...changed.values()] };
}

function isStale(event: LoggedEvent, value: LastValue | undefined): boolean {
  if (value === undefined || isEnd(event)) return false;
  return isEnd(value) || value.publishedAt > event.publishedAt;
}
