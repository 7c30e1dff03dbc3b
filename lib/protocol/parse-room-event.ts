import * as v from 'valibot';
import { eventFrame, LARGEST_POSITION, type SerializedEvent } from './event-frame.ts';
import { MAX_CLOCK_AHEAD_MS, MAX_CLOCK_DISTANCE_MS, MAX_MESSAGE_BYTES } from './limits.ts';
import type { Parsed } from './parsing.ts';
import { sentence, unfitForJson } from './parsing.ts';
import {
  eventDetailSchema,
  isRoomEventType,
  type RoomEvent,
  roomEventData,
  roomEventTypes,
} from './room-events.ts';
import { canonicalRoomId } from './room-id.ts';

/** Facts about an event that are not in its detail. They replace fields that the service left out. */
interface EventOrigin {
  detailType: string;
  /** EventBridge's own id. */
  id: string;
  /** When the event arrived. Epoch milliseconds. */
  time: number;
}

export type EventRefusal = 'unknown_event' | 'invalid_event' | 'too_large';

/**
 * Reads an event of the bus. Never throws. The publisher uses it before sending and the ingest on arrival, so both accept
 * the same events.
 */
export function parseRoomEvent(detail: unknown, origin: EventOrigin): Parsed<RoomEvent, EventRefusal> {
  const { detailType } = origin;
  if (!isRoomEventType(detailType)) {
    const message = `detail-type: expected one of ${roomEventTypes.join(', ')}`;
    return { ok: false, code: 'unknown_event', message };
  }
  // Checked first, before any text becomes a key, an id or a message group.
  const unfit = unfitForJson(detail, 'detail') ?? unfitForJson(origin.id, 'id');
  if (unfit !== undefined) return invalid(unfit);
  const envelope = v.safeParse(eventDetailSchema, detail, { abortEarly: true });
  if (!envelope.success) return invalid(sentence(envelope.issues, 'detail'));

  const data = (detail as { data?: unknown }).data;
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    return invalid('detail.data: expected an object');
  }
  const checked = v.safeParse(roomEventData[detailType], data, { abortEarly: true });
  if (!checked.success) return invalid(sentence(checked.issues, 'detail.data'));

  const { roomId, id = origin.id, publishedAt: claimed = origin.time } = envelope.output;
  const mistake = mistakeOfTime(claimed, origin.time);
  if (mistake !== undefined) return invalid(`detail.publishedAt: ${mistake}`);
  if (id === '') return invalid('id: must not be empty');
  // The later published value of a state wins. Without this limit, a service whose clock is ahead would win for too long.
  const publishedAt = Math.round(Math.min(claimed, origin.time + MAX_CLOCK_AHEAD_MS));
  // `data` itself and not the schema's copy, so that clients get exactly what was published.
  return { ok: true, value: { type: detailType, roomId: canonicalRoomId(roomId), id, publishedAt, data } };
}

/**
 * What is wrong with a time of publication, if anything. A time from long ago would make a state older than every other;
 * a time in microseconds is meaningless. Clocks may differ by less than a day.
 */
function mistakeOfTime(publishedAt: number, now: number): string | undefined {
  if (publishedAt < now - MAX_CLOCK_DISTANCE_MS) return 'is more than a day ago';
  if (publishedAt > now + MAX_CLOCK_DISTANCE_MS) return 'is more than a day ahead of our clock';
  return undefined;
}

function invalid(message: string): { ok: false; code: 'invalid_event'; message: string } {
  return { ok: false, code: 'invalid_event', message };
}

/** Serializes the data of an event. Refuses an event whose frame, at any position, API Gateway would not accept. */
export function serializeEvent(event: RoomEvent): Parsed<SerializedEvent, EventRefusal> {
  let data: string;
  try {
    data = JSON.stringify(event.data);
  } catch {
    // JSON.stringify is recursive: about ten thousand levels overflow the stack.
    return invalid('detail.data: nested too deeply');
  }
  const serialized = { ...event, data };
  const bytes = new TextEncoder().encode(eventFrame(serialized, LARGEST_POSITION)).byteLength;
  if (bytes > MAX_MESSAGE_BYTES) {
    const message = `detail.data: the frame has ${bytes} bytes, expected at most ${MAX_MESSAGE_BYTES}`;
    return { ok: false, code: 'too_large', message };
  }
  return { ok: true, value: serialized };
}
