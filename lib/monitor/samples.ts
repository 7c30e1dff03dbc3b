import type { RoomEventType } from '../protocol/room-events.ts';
import { sampleEvents } from '../protocol/sample-events.ts';

/** `data` of the next event of this type, for this room. */
type NextSample = (type: RoomEventType, roomId: string, now: string) => Record<string, unknown>;

/**
 * Sample events that a room takes again and again: every order has its own id, and a position that was closed is followed
 * by another one, because a room takes no update of a closed position for a day.
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
