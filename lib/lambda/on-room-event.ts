import * as v from 'valibot';
import type { Log } from '../core/log.ts';
import type { Clock } from '../core/ports.ts';
import type { SerializedEvent } from '../protocol/event-frame.ts';
import { MAX_EVENT_ID_LENGTH } from '../protocol/limits.ts';
import { type EventRefusal, parseRoomEvent, serializeEvent } from '../protocol/parse-room-event.ts';
import type { Parsed } from '../protocol/parsing.ts';
import { roomReferenceSchema } from '../protocol/room-id.ts';
import type { DeadLetter } from '../queue/queues.ts';
import type { EnqueueEvent } from '../queue/room-streams.ts';

/** An event as EventBridge delivers it to a target. */
export interface EventBridgeEvent {
  id: string;
  'detail-type': string;
  detail: unknown;
}

interface RoomEventDeps {
  enqueueEvent: EnqueueEvent;
  deadLetter: DeadLetter;
  /** Counts an event that was dead-lettered. */
  onBadEvent: () => void;
  clock: Clock;
  log: Log;
}

/**
 * The handler of the ingest. Puts a valid event into its room stream. Dead-letters an invalid event at once, because
 * Lambda would retry it for minutes if the handler threw. Throws if the stream or the queue of dead letters refuses it.
 */
export function onRoomEvent({ enqueueEvent, deadLetter, onBadEvent, clock, log }: RoomEventDeps) {
  return async (event: EventBridgeEvent): Promise<void> => {
    const { id: busEventId, 'detail-type': eventType } = event;
    const read = readEvent(event, clock());
    if (read.ok) {
      const sequenceNumber = await enqueueEvent(read.value);
      const { id: eventId, roomId, publishedAt } = read.value;
      log('event_ingested', { eventId, busEventId, eventType, roomId, publishedAt, sequenceNumber });
    } else {
      await deadLetter(event, read.code, read.message);
      onBadEvent();
      const { code, message: reason } = read;
      log('event_dead_lettered', {
        eventId: ownIdOf(event) ?? busEventId,
        busEventId,
        eventType,
        roomId: roomOf(event),
        code,
        reason,
      });
    }
  };
}

/** The publisher's id of an event that may be invalid otherwise. */
function ownIdOf({ detail }: EventBridgeEvent): string | undefined {
  const { id } = Object(detail) as { id?: unknown };
  return typeof id === 'string' && id.length <= MAX_EVENT_ID_LENGTH ? id : undefined;
}

/** The room of an event that may be invalid otherwise. */
function roomOf({ detail }: EventBridgeEvent): string | undefined {
  const { success, output } = v.safeParse(roomReferenceSchema, detail);
  return success ? output.roomId : undefined;
}

function readEvent(event: EventBridgeEvent, now: number): Parsed<SerializedEvent, EventRefusal> {
  const origin = { detailType: event['detail-type'], id: event.id, time: now };
  const parsed = parseRoomEvent(event.detail, origin);
  return parsed.ok ? serializeEvent(parsed.value) : parsed;
}
