import { conflation } from '../protocol/conflation.ts';
import type { RoomEventType } from '../protocol/room-events.ts';
import { type ClientErrorCode, TradeRoomError } from './api.ts';

/** A frame of the server, checked to this point only: it has a type, and its data is an object. */
export interface ServerFrame {
  type: string;
  data: Record<string, unknown>;
  id?: unknown;
}

/** A room event. A server without numbers leaves the last three out. */
export interface EventFrame {
  type: RoomEventType;
  data: object;
  roomId: string;
  id: string;
  publishedAt: number;
  epoch?: string;
  seq?: number;
  prev?: number;
}

/** Undefined for a text that is no frame of the protocol; the client ignores it. */
export function parseFrame(text: unknown): ServerFrame | undefined {
  try {
    const frame: unknown = JSON.parse(String(text));
    return isObject(frame) && typeof frame['type'] === 'string' && isObject(frame['data'])
      ? (frame as unknown as ServerFrame)
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The error frame that API Gateway itself sends when a message did not reach a function, or the function failed. It has
 * no type, and API Gateway's own id of the message, which the client does not know. Undefined for any other frame.
 */
export function gatewayFailure(text: string): ServerFrame | undefined {
  try {
    const frame: unknown = JSON.parse(text);
    if (!isObject(frame) || 'type' in frame) return undefined;
    const { message, connectionId, requestId } = frame;
    return [message, connectionId, requestId].every((field) => typeof field === 'string')
      ? { type: 'error', data: { code: 'internal', message: `API Gateway: ${message}` } }
      : undefined;
  } catch {
    return undefined;
  }
}

/** The room events of a frame, in order: one, those of a `batch`, or none. */
export function eventsOf(frame: ServerFrame): EventFrame[] {
  return frame.type === 'batch' ? eventList(frame.data['events']) : eventList([frame]);
}

export function eventList(frames: unknown): EventFrame[] {
  return Array.isArray(frames) ? frames.filter(isEvent) : [];
}

function isEvent(frame: unknown): frame is EventFrame {
  return (
    isObject(frame) &&
    typeof frame['type'] === 'string' &&
    Object.hasOwn(conflation, frame['type']) &&
    isObject(frame['data']) &&
    typeof frame['roomId'] === 'string' &&
    (frame['seq'] === undefined || (Number.isSafeInteger(frame['seq']) && typeof frame['epoch'] === 'string'))
  );
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function errorOf({ data }: ServerFrame): TradeRoomError {
  return new TradeRoomError(
    (primitiveText(data['code']) || 'internal') as ClientErrorCode,
    primitiveText(data['message']) || 'the server gave no reason',
  );
}

/** A value of a frame as a text; empty for an object, whose `toString` comes from the frame and may be no function. */
export function primitiveText(value: unknown): string {
  return typeof value === 'object' || value === undefined ? '' : String(value);
}
