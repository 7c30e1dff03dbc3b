import type { RoomEventData, RoomEventType } from '../protocol/room-events.ts';
import type { RoomIdInput } from '../protocol/room-id.ts';

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
