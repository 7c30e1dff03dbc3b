import { show } from '../options/show.ts';
import { type EventRefusal, parseRoomEvent, serializeEvent } from '../protocol/parse-room-event.ts';
import type { Parsed } from '../protocol/parsed.ts';
import type { RoomEventType } from '../protocol/room-events.ts';
import { expectedRoomId, isRoomId } from '../protocol/room-id-rule.ts';
import { stateKey } from '../protocol/state-keys.ts';
import { eventJson } from './event-json.ts';
import type { PublishedEvent } from './room-event.ts';

/** An event that the broadcaster will take, ready to be sent. */
export interface PreparedEvent {
  type: RoomEventType;
  roomId: string;
  id: string;
  publishedAt: number;
  /** The state of which it is a value, or which it ends; see `protocol/state-keys.ts`. */
  stateKey: string | undefined;
  /** JSON, with the same `id` and time at every attempt. */
  detail: string;
}

/** Checks an event by the very rules of its receiver. */
export function prepareEvent(
  { type, roomId, data, id, publishedAt }: PublishedEvent,
  { newId, now }: { newId: () => string; now: () => number },
): Parsed<PreparedEvent, EventRefusal> {
  if (!isRoomId(roomId)) {
    const message = `detail.roomId: ${expectedRoomId}, got ${show(roomId)}`;
    return { ok: false, code: 'invalid_event', message };
  }
  const time = now();
  const given = { roomId, data, id: id ?? newId(), publishedAt: publishedAt ?? time };
  const detail = eventJson(given);
  if (!detail.ok) return detail;
  // As it will arrive: dates are strings there, and what has no JSON is missing.
  const parsed = parseRoomEvent(JSON.parse(detail.value), { detailType: type, id: given.id, time });
  if (!parsed.ok) return parsed;
  const serialized = serializeEvent(parsed.value);
  if (!serialized.ok) return serialized;
  const event = parsed.value;
  return {
    ok: true,
    value: {
      type: event.type,
      roomId: event.roomId,
      id: event.id,
      publishedAt: event.publishedAt,
      stateKey: stateKey(event.type, event.data),
      detail: detail.value,
    },
  };
}
