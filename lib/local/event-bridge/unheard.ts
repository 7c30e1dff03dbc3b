import type { EventBridgeEvent } from './put-events-entry.ts';

/** An event that was accepted, and the functions that get it. */
export interface HeardEvent {
  event: EventBridgeEvent;
  /** Whether it went to the bus that is here; the other one is `default`, to which nothing listens. */
  isOnBus: boolean;
  targets: string[];
}

/** Says of the events of one call, a line for each bus, which of them reach nobody. AWS loses them silently. */
export function unheard(events: HeardEvent[], busName: string): string[] {
  const unmatched = events.filter(({ isOnBus, targets }) => isOnBus && targets.length === 0);
  const elsewhere = events.filter(({ isOnBus }) => !isOnBus);
  const lines: string[] = [];
  if (unmatched.length > 0) lines.push(`events: ${named(unmatched)} on the bus "${busName}" matched no rule`);
  if (elsewhere.length > 0) {
    const fate = `went to the bus "default", to which nothing listens; here is "${busName}"`;
    lines.push(`events: ${named(elsewhere)} ${fate}`);
  }
  return lines;
}

function named(events: HeardEvent[]): string {
  const names = events.map(({ event }) => `"${event['detail-type']}" from "${event.source}"`);
  return [...new Set(names)].join(', ');
}
