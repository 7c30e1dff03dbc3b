import fc from 'fast-check';
import type { LoggedEvent, RetainedValue } from '../../../../lib/core/room-log.ts';
import type { QueuedEvent } from '../../../../lib/core/stream/append.ts';
import { stateKey } from '../../../../lib/protocol/conflation.ts';
import type { RoomEventType } from '../../../../lib/protocol/room-events.ts';
import { START } from '../../../support/virtual-time.ts';

export interface EventOptions {
  type?: RoomEventType;
  id?: string;
  data?: object;
  publishedAt?: number;
}

export const position = (positionId: string): EventOptions => ({
  type: 'position_update',
  data: { positionId },
});
export const closing = (positionId: string): EventOptions => ({
  type: 'position_closed',
  data: { positionId },
});

/** An event in the log; an order, if nothing else is said. */
export function logged(seq: number, options: EventOptions = {}): LoggedEvent {
  const { type = 'order_executed', id = `event-${seq}`, data = {}, publishedAt = START } = options;
  const key = stateKey(type, data);
  return {
    seq,
    sequenceNumber: sequenceNumber(seq),
    type,
    id,
    publishedAt,
    data: JSON.stringify(data),
    ttl: START / 1000 + 600,
    ...(key !== undefined && { key }),
  };
}

export function retainedValue(seq: number, options: EventOptions): RetainedValue {
  const event = logged(seq, options);
  return { ...event, key: event.key ?? '' };
}

/** An event in the stream; an order, if nothing else is said. */
export function inStream(place: number, options: EventOptions = {}): QueuedEvent {
  const { type = 'order_executed', id = `event-${place}`, data = {}, publishedAt = START } = options;
  const event = { type, roomId: 'r', id, publishedAt, data: JSON.stringify(data) };
  return { sequenceNumber: sequenceNumber(place), event };
}

export const deliverMessage = (place: number) => ({
  sequenceNumber: sequenceNumber(place),
  kind: 'deliver' as const,
});

/** As they come from the stream: all of the same length. */
export function sequenceNumber(place: number): string {
  return String(place).padStart(39, '0');
}

const anyPosition = fc.constantFrom(position('p'), position('q'), closing('p'), closing('q'));
const anyOther = fc.constantFrom<EventOptions>(
  {},
  { type: 'leaderboard_update' },
  { type: 'room_state_changed' },
  { type: 'position_update' },
);

/** Events in the order in which the stream took them, published in any other. */
export const anyEvents: fc.Arbitrary<EventOptions[]> = fc.array(
  fc
    .tuple(fc.oneof(anyPosition, anyPosition, anyOther), fc.nat({ max: 5 }))
    .map(([event, later]) => ({ ...event, publishedAt: START + later })),
  { maxLength: 12 },
);
