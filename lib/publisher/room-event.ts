import { show } from '../options/number-options.ts';
import { type EventRefusal, parseRoomEvent, serializeEvent } from '../protocol/parse-room-event.ts';
import type { Parsed } from '../protocol/parsed.ts';
import type { RoomEventData, RoomEventType } from '../protocol/room-events.ts';
import type { RoomIdInput } from '../protocol/room-id.ts';
import { expectedRoomId, isRoomId } from '../protocol/room-id-rule.ts';
import { stateKey } from '../protocol/state-keys.ts';

/** An event as a service gives it. */
export type PublishedEvent = {
  [Type in RoomEventType]: {
    type: Type;
    roomId: RoomIdInput;
    /** What clients get, as JSON makes it: dates become strings, `toJSON` is called. */
    data: RoomEventData<Type>;
    /** Of events of one room and type with the same id the first counts. Default: a new UUID. */
    id?: string;
    /** Epoch milliseconds; decides which of two states is the newer. Default: now. */
    publishedAt?: number;
  };
}[RoomEventType];

type Data<Type extends RoomEventType> = RoomEventData<Type>;

/** One function for each event, in the form of the call sites of the services. */
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

/** `bullPenId` is added, as clients know it; what the record itself says of it stays. */
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
  // Refused as it is: with fields added nobody would see that the service has no record.
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return fields as never;
  return { bullPenId: roomId, ...fields, ...argument };
}

/** The fields of a database record are often behind getters, which only its own `toJSON` knows. */
function plain(record: object & { toJSON?: () => object }): object {
  return typeof record?.toJSON === 'function' ? record.toJSON() : record;
}

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

/**
 * The JSON of an event. Refused, with the field, is what JSON cannot say (a BigInt, an object within itself) and what it
 * would turn into `null` in silence: `NaN`, `Infinity`, a date that is none. Clients would show no price, and the service
 * would never hear of it.
 */
function eventJson(detail: object): Parsed<string, EventRefusal> {
  try {
    const json = JSON.stringify(detail);
    const lost = json.includes('null') ? lostIn(detail) : undefined;
    return lost === undefined ? { ok: true, value: json } : refused(lost);
  } catch (error) {
    const reason = error instanceof Error ? error.message : show(error);
    return refused(lostIn(detail) ?? `: expected what JSON can say; ${reason}`);
  }
}

const refused = (what: string) => ({ ok: false, code: 'invalid_event', message: `detail${what}` }) as const;

/** The first value that its JSON does not say, and its field. */
function lostIn(detail: object): string | undefined {
  const paths = new Map<unknown, string>();
  let lost: string | undefined;
  try {
    JSON.stringify(detail, function (this: Record<string, unknown>, key, value: unknown) {
      const path = paths.has(this) ? `${paths.get(this)}.${key}` : '';
      if (typeof value === 'object' && value !== null) paths.set(value, path);
      const given = this[key];
      if (isLost(value, given)) {
        lost ??= `${path}: expected what JSON can say, got ${given instanceof Date ? 'an invalid date' : show(given)}`;
      }
      return typeof value === 'bigint' ? undefined : value;
    });
  } catch {
    // It is told by what threw first.
  }
  return lost;
}

/** `given` before its `toJSON`, `value` behind it. An object whose JSON is `null` is a date of no day. */
function isLost(value: unknown, given: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  return typeof value === 'bigint' || (value === null && given !== null);
}
