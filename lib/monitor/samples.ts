import type { RoomEventType } from '../protocol/room-events.ts';
import { sampleEvents } from '../protocol/sample-events.ts';

/** Returns the `data` of the next event of this type for this room. `now` is in ISO 8601. */
type NextSample = (type: RoomEventType, roomId: string, now: string) => Record<string, unknown>;

/**
 * Sample events that a room accepts repeatedly: every order has a new id, and after a closed position comes a new position,
 * because a room ignores updates of a closed position for a day.
 */
export function samples(newId: () => string): NextSample {
  let positionId: string | undefined;
  return (type, roomId, now) => {
    const data = sampleEvents[type](roomId, now);
    if (type === 'order_executed' || type === 'order_failed') return { ...data, orderId: `order-${newId()}` };
    if (type !== 'position_update' && type !== 'position_closed') return data;
    positionId ??= `position-${newId()}`;
    const position = { ...data, positionId };
    if (type === 'position_closed') positionId = undefined;
    return position;
  };
}
