import { conflation, stateKey } from '../../protocol/conflation.ts';
import type { LoggedEvent, RetainedValue } from '../room-log.ts';

/**
 * The events to send. Drops every event of a state except the newest, and that one as well if the retained value is
 * newer. An update of a position that is closed by a later event is dropped, too. Keeps events that belong to no state.
 */
export function conflate(events: readonly LoggedEvent[], retained: readonly RetainedValue[]): LoggedEvent[] {
  const newest = newestOf(events, retained);
  return events.filter(
    (event) =>
      conflation[event.type].send !== 'newest' ||
      event.key === undefined ||
      newest.get(event.key)?.seq === event.seq,
  );
}

/**
 * The newest event of each state, or the event that ended it, from the retained values and these events. The retained
 * values may contain some of these events, or later ones.
 */
export function newestOf(
  events: readonly LoggedEvent[],
  retained: readonly RetainedValue[],
): Map<string, LoggedEvent> {
  const newest = new Map<string, LoggedEvent>(retained.map((value) => [value.key, value]));
  for (const event of events) {
    if (event.key === undefined || isStale(event, newest.get(event.key))) continue;
    newest.set(event.key, event);
  }
  return newest;
}

/**
 * Whether an event is older than the newest value of its state. EventBridge guarantees no order, so the time of
 * publication decides, and the order of the stream if the times are equal. A closed position stays closed even if a later
 * update has a newer time, because today's services send no time and ours is the time of arrival.
 */
function isStale(event: LoggedEvent, value: LoggedEvent | undefined): boolean {
  if (value === undefined || isEnd(event)) return false;
  return value.seq > event.seq || isEnd(value) || value.publishedAt > event.publishedAt;
}

/** Whether this event, or retained value, ends its state. */
export function isEnd({ type }: Pick<LoggedEvent, 'type'>): boolean {
  return conflation[type].send === 'ends';
}

/**
 * Whether a retained value still belongs to its state. A release may change the conflation of a type: then values that an
 * older release retained belong to another state, or to none, and no event will ever replace them.
 */
export function isOfItsState({ type, key, data }: RetainedValue): boolean {
  if (!Object.hasOwn(conflation, type)) return false;
  if (isEnd({ type })) return true;
  const value: unknown = JSON.parse(data);
  return typeof value === 'object' && value !== null && stateKey(type, value) === key;
}
