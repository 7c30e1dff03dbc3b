import { conflation } from '../protocol/conflation.ts';
import type { RoomEventType } from '../protocol/room-events.ts';
import { sampleEvents } from '../protocol/sample-events.ts';

/** Returns the `data` of the next event of this type for this room. `now` is in ISO 8601. */
type NextSample = (type: RoomEventType, roomId: string, now: string) => Record<string, unknown>;

/**
 * Sample events that a room accepts repeatedly: every event of an order has a new order id, and after a closed position comes a new position,
 * because a room ignores updates of a closed position for a day.
 */
export function samples(newId: () => string): NextSample {
  let positionId: string | undefined;
  return (type, roomId, now) => {
    const data = sampleEvents[type](roomId, now);
    if ('orderId' in data) return { ...data, orderId: `order-${newId()}` };
    if (!('positionId' in data)) return data;
    positionId ??= `position-${newId()}`;
    const position = { ...data, positionId };
    if (conflation[type].send === 'ends') positionId = undefined;
    return position;
  };
}
