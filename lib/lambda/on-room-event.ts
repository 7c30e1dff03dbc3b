import type { Clock } from '../core/ports.ts';
import type { SerializedEvent } from '../protocol/event-frame.ts';
import { type EventRefusal, parseRoomEvent, serializeEvent } from '../protocol/parse-room-event.ts';
import type { Parsed } from '../protocol/parsed.ts';
import type { DeadLetter } from '../queue/dead-letter-queue.ts';
import type { EnterLane } from '../queue/room-lanes.ts';
import type { Log } from './log.ts';

/** What EventBridge hands to a target. */
export interface EventBridgeEvent {
  id: string;
  'detail-type': string;
  detail: unknown;
}

export interface RoomEventDeps {
  enterLane: EnterLane;
  deadLetter: DeadLetter;
  /** Counts an event that was put aside. */
  onBadEvent: () => void;
  clock: Clock;
  log: Log;
}

/**
 * The intake's handler: a good event enters its room's lane. A bad one is put aside here and now: a throw would have
 * Lambda try it again for minutes.
 */
export function onRoomEvent({ enterLane, deadLetter, onBadEvent, clock, log }: RoomEventDeps) {
  return async (event: EventBridgeEvent): Promise<void> => {
    const read = readEvent(event, clock());
    if (read.ok) return enterLane(read.value);
    await deadLetter(event, read.code, read.message);
    onBadEvent();
    log.warn('event put aside', { eventId: event.id, code: read.code, reason: read.message });
  };
}

function readEvent(event: EventBridgeEvent, now: number): Parsed<SerializedEvent, EventRefusal> {
  const origin = { detailType: event['detail-type'], id: event.id, time: now };
  const parsed = parseRoomEvent(event.detail, origin);
  return parsed.ok ? serializeEvent(parsed.value) : parsed;
}
