import { show } from '../options/number-options.ts';
import { stateKey } from '../protocol/conflation.ts';
import { type EventRefusal, parseRoomEvent, serializeEvent } from '../protocol/parse-room-event.ts';
import type { Parsed } from '../protocol/parsing.ts';
import type { RoomEventData, RoomEventType } from '../protocol/room-events.ts';
import type { RoomIdInput } from '../protocol/room-id.ts';
import { expectedRoomId, isRoomId } from '../protocol/room-id-rule.ts';

/** An event as a service passes it. */
export type PublishedEvent = {
  [Type in RoomEventType]: {
    type: Type;
    roomId: RoomIdInput;
    /** The data for the clients. It is converted to JSON: dates become strings, `toJSON` is called. */
    data: RoomEventData<Type>;
    /** Repeats of the same room, type and id within five minutes are ignored. Default: a new UUID. */
    id?: string;
    /** Epoch milliseconds. It decides which of two values of a state is newer. Default: now. */
    publishedAt?: number;
  };
}[RoomEventType];

type Data<Type extends RoomEventType> = RoomEventData<Type>;

/** One function for each event type, with the arguments that the services pass today. */
export interface RoomEvents<Result> {
  orderExecuted(roomId: RoomIdInput, order: Data<'order_executed'>): Result;
  orderFailed(roomId: RoomIdInput, order: Data<'order_failed'>, reason?: string): Result;
  leaderboardUpdated(roomId: RoomIdInput, snapshot: Data<'leaderboard_update'>): Result;
  positionUpdated(roomId: RoomIdInput, position: Data<'position_update'>): Result;
  positionClosed(
    roomId: RoomIdInput,
    position: Data<'position_closed'>,
    realizedPnL?: Data<'position_closed'>['realizedPnL'],
  ): Result;
  roomStateChanged(roomId: RoomIdInput, room: Data<'room_state_changed'>): Result;
}

/** Each function adds `bullPenId`, the name of the room id that clients know, unless the record has that field. */
export function roomEvents<Result>(publish: (event: PublishedEvent) => Result): RoomEvents<Result> {
  return {
    orderExecuted: (roomId, order) =>
      publish({ type: 'order_executed', roomId, data: dataOf(roomId, order) }),
    orderFailed: (roomId, order, reason) => {
      const argument = reason === undefined ? {} : { reason };
      return publish({ type: 'order_failed', roomId, data: dataOf(roomId, order, argument) });
    },
    leaderboardUpdated: (roomId, snapshot) =>
      publish({ type: 'leaderboard_update', roomId, data: dataOf(roomId, snapshot) }),
    positionUpdated: (roomId, position) =>
      publish({ type: 'position_update', roomId, data: dataOf(roomId, position) }),
    positionClosed: (roomId, position, realizedPnL) => {
      const argument = realizedPnL === undefined ? {} : { realizedPnL };
      return publish({ type: 'position_closed', roomId, data: dataOf(roomId, position, argument) });
    },
    roomStateChanged: (roomId, room) =>
      publish({ type: 'room_state_changed', roomId, data: dataOf(roomId, room) }),
  };
}

function dataOf(roomId: RoomIdInput, record: object, argument = {}): { bullPenId: RoomIdInput } {
  const fields = plain(record);
  // Not a record: returned unchanged, so that the check refuses it.
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return fields as never;
  return { bullPenId: roomId, ...fields, ...argument };
}

/** The fields of a record. Database records often have getters, and only their `toJSON` returns the fields. */
function plain(record: object & { toJSON?: () => object }): object {
  return typeof record?.toJSON === 'function' ? record.toJSON() : record;
}

/** A checked event that is ready to be sent. */
export interface PreparedEvent {
  type: RoomEventType;
  roomId: string;
  id: string;
  publishedAt: number;
  /** The key of the state that the event sets or ends; see `protocol/conflation.ts`. Undefined for an event of no state. */
  stateKey: string | undefined;
  /** The JSON of the event, with the same `id` and time at every attempt. */
  detail: string;
}

/** Checks an event by the rules of its receiver. */
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
  // Checks the parsed JSON, because the receiver gets that: dates are strings, and values without JSON are missing.
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

/**
 * The JSON of an event. Refuses a value that JSON cannot express (a BigInt, a cycle), and one that JSON would silently turn into
 * `null`: `NaN`, `Infinity`, an invalid date. Otherwise clients would show no price, and the service would not notice.
 */
function eventJson(detail: object): Parsed<string, EventRefusal> {
  try {
    const json = JSON.stringify(detail);
    const lost = json.includes('null') ? lostIn(detail) : undefined;
    return lost === undefined ? { ok: true, value: json } : refused(lost);
  } catch (error) {
    const reason = error instanceof Error ? error.message : show(error);
    return refused(lostIn(detail) ?? `: expected a value that JSON can express; ${reason}`);
  }
}

const refused = (what: string) => ({ ok: false, code: 'invalid_event', message: `detail${what}` }) as const;

/** The first value that JSON loses, with the path of its field. */
function lostIn(detail: object): string | undefined {
  const paths = new Map<unknown, string>();
  let lost: string | undefined;
  try {
    JSON.stringify(detail, function (this: Record<string, unknown>, key, value: unknown) {
      const path = paths.has(this) ? `${paths.get(this)}.${key}` : '';
      if (typeof value === 'object' && value !== null) paths.set(value, path);
      const given = this[key];
      if (isLost(value, given)) {
        lost ??= `${path}: expected a value that JSON can express, got ${given instanceof Date ? 'an invalid date' : show(given)}`;
      }
      return typeof value === 'bigint' ? undefined : value;
    });
  } catch {
    // The caller reports the error that JSON.stringify threw.
  }
  return lost;
}

/** `given` is the value before `toJSON`, `value` after it. If an object becomes `null`, it is an invalid date. */
function isLost(value: unknown, given: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  return typeof value === 'bigint' || (value === null && given !== null);
}
