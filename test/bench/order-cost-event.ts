import { sampleEvents } from '../../lib/protocol/sample-events.ts';

/** How an event comes to its room. */
export type Path = 'direct' | 'ordered';

/** An order is of no state; of a position the newest update counts, so its retained value is kept. */
export const costedTypes = ['order_executed', 'position_update'] as const;
export type CostedType = (typeof costedTypes)[number];

export const ROOM = '42';

export function detailOf(type: CostedType) {
  return { roomId: ROOM, data: sampleEvents[type](ROOM, new Date().toISOString()) };
}
