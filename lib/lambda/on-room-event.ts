import type { BroadcastResult } from '../core/broadcast-result.ts';
import type { Clock } from '../core/ports.ts';
import { type EventRefusal, encodeEventFrame, parseRoomEvent } from '../protocol/parse-room-event.ts';
import type { Parsed } from '../protocol/parsed.ts';
import type { RoomEvent } from '../protocol/room-events.ts';
import type { DeadLetter } from '../queue/dead-letter-queue.ts';
import { type BroadcastReport, reportOf } from './broadcast-report.ts';
import { asError, type Log } from './log.ts';

/** What EventBridge hands to a target. */
export interface EventBridgeEvent {
  id: string;
  'detail-type': string;
  /** ISO 8601, whole seconds. */
  time: string;
  detail: unknown;
}

export interface RoomEventDeps {
  broadcast: (event: RoomEvent, frame: Uint8Array) => Promise<BroadcastResult>;
  deadLetter: DeadLetter;
  /** Counts a broadcast. */
  onBroadcast: (report: BroadcastReport) => void;
  /** Counts an event that was put aside. */
  onBadEvent: () => void;
  clock: Clock;
  log: Log;
}

/**
 * The broadcaster's handler. A bad event is put aside here and now: a throw would have Lambda try it again for minutes.
 */
export function onRoomEvent({ broadcast, deadLetter, onBroadcast, onBadEvent, clock, log }: RoomEventDeps) {
  return async (event: EventBridgeEvent): Promise<void> => {
    const read = readEvent(event);
    if (!read.ok) {
      await deadLetter(event, read.code, read.message);
      onBadEvent();
      log.warn('event put aside', { eventId: event.id, code: read.code, reason: read.message });
      return;
    }
    const { roomEvent, frame } = read.value;
    const startedAt = clock();
    const result = await broadcast(roomEvent, frame);
    const { type, roomId, id, publishedAt } = roomEvent;
    const report = reportOf(result, { publishedAt, startedAt, endedAt: clock() });
    try {
      onBroadcast(report);
    } catch (error) {
      // Members have the event: what fails from here on must not have Lambda repeat it.
      log.error('broadcast not counted', asError(error));
    }
    log.info('broadcast', { type, roomId, eventId: id, ...report });
  };
}

function readEvent(
  event: EventBridgeEvent,
): Parsed<{ roomEvent: RoomEvent; frame: Uint8Array }, EventRefusal> {
  const origin = { detailType: event['detail-type'], id: event.id, time: Date.parse(event.time) };
  const parsed = parseRoomEvent(event.detail, origin);
  if (!parsed.ok) return parsed;
  const frame = encodeEventFrame(parsed.value);
  return frame.ok ? { ok: true, value: { roomEvent: parsed.value, frame: frame.value } } : frame;
}
