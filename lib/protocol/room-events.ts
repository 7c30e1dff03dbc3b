import * as v from 'valibot';
import { EARLIEST_PUBLISHED_AT, MAX_EVENT_ID_LENGTH } from './limits.ts';
import { roomIdSchema } from './room-id.ts';

/*
 * The fields that the services send today. No field is required, every field may be null, an amount may be a decimal
 * string, and a time may be a string or a number: the services own `data`, clients get it unchanged, and a service that
 * adds or leaves out a field must not lose its events. A value that the frontend cannot render (an object for a price) is
 * a mistake, and its event is dead-lettered.
 */
const id = v.nullish(v.union([v.string(), v.number()], 'must be a string or a number'));
const text = v.nullish(v.string('must be a string'));
const amount = v.nullish(v.union([v.number(), v.string()], 'must be a number or a decimal string'));
const time = v.nullish(v.union([v.string(), v.number()], 'must be a time: a string or a number'));

/** `data` of each room event. */
export const roomEventData = {
  leaderboard_update: v.looseObject({
    bullPenId: id,
    snapshotId: id,
    timestamp: time,
    rankings: v.nullish(v.array(v.unknown(), 'must be an array')),
    totalParticipants: amount,
    snapshotNumber: amount,
  }),
  position_update: v.looseObject({
    bullPenId: id,
    positionId: id,
    userId: id,
    symbol: text,
    quantity: amount,
    averagePrice: amount,
    currentPrice: amount,
    totalCost: amount,
    currentValue: amount,
    unrealizedPnL: amount,
    unrealizedPnLPercent: amount,
    updatedAt: time,
  }),
  order_executed: v.looseObject({
    orderId: id,
    bullPenId: id,
    userId: id,
    symbol: text,
    quantity: amount,
    price: amount,
    side: text,
    orderType: text,
    executedAt: time,
    status: text,
  }),
  order_failed: v.looseObject({
    orderId: id,
    bullPenId: id,
    userId: id,
    symbol: text,
    quantity: amount,
    side: text,
    orderType: text,
    reason: text,
    status: text,
    failedAt: time,
  }),
  room_state_changed: v.looseObject({
    bullPenId: id,
    state: text,
    status: text,
    startTime: time,
    endTime: time,
    duration: amount,
    memberCount: amount,
    changedAt: time,
  }),
  position_closed: v.looseObject({
    bullPenId: id,
    positionId: id,
    userId: id,
    symbol: text,
    quantity: amount,
    averagePrice: amount,
    exitPrice: amount,
    realizedPnL: amount,
    realizedPnLPercent: amount,
    closedAt: time,
  }),
} as const;

export type RoomEventType = keyof typeof roomEventData;
export type RoomEventData<Type extends RoomEventType> = v.InferOutput<(typeof roomEventData)[Type]>;

export const roomEventTypes = Object.keys(roomEventData) as RoomEventType[];

export function isRoomEventType(type: string): type is RoomEventType {
  return Object.hasOwn(roomEventData, type);
}

/** `Detail` of an EventBridge event, without `data`. */
export const eventDetailSchema = v.looseObject({
  roomId: roomIdSchema,
  id: v.optional(
    v.pipe(
      v.string('must be a string'),
      v.nonEmpty('must not be empty'),
      v.maxLength(MAX_EVENT_ID_LENGTH, `must have at most ${MAX_EVENT_ID_LENGTH} characters`),
    ),
  ),
  publishedAt: v.optional(
    v.pipe(
      v.number('must be a number of milliseconds since 1970'),
      v.finite('must be a number of milliseconds since 1970'),
      v.minValue(
        EARLIEST_PUBLISHED_AT,
        'must be a number of milliseconds since 1970, not before 2020: is it in seconds?',
      ),
    ),
  ),
});

/** A parsed event. `data` is the object that the service published, unchanged. */
export interface RoomEvent {
  type: RoomEventType;
  roomId: string;
  /** The client recognises a repeat by it: EventBridge may deliver an event more than once. */
  id: string;
  /** Epoch milliseconds. */
  publishedAt: number;
  data: object;
}
