import type { RoomEventType } from './room-events.ts';

/**
 * How events of a type are conflated, that is, left out because a newer event replaces them. `every`: each event is sent.
 * `newest`: only the newest event of a state is sent, if it is newer than the retained value. `ends`: each event is sent
 * and ends its state; no later `newest` event of the state is sent.
 */
interface Conflation {
  send: 'every' | 'newest' | 'ends';
  /** Whose state it is: the room's, or that of the position named by `data.positionId`. */
  state?: 'room' | 'position';
}

/** The conflation of every event type. */
export const conflation = {
  leaderboard_update: { send: 'newest', state: 'room' },
  position_update: { send: 'newest', state: 'position' },
  position_closed: { send: 'ends', state: 'position' },
  order_executed: { send: 'every' },
  order_failed: { send: 'every' },
  room_state_changed: { send: 'newest', state: 'room' },
} as const satisfies Record<RoomEventType, Conflation>;

/** The state that an event sets or ends. Undefined if it belongs to no state: then it is always sent. */
export function stateKey(type: RoomEventType, data: object): string | undefined {
  const { state }: Conflation = conflation[type];
  if (state !== 'position') return state && type;
  const { positionId } = data as { positionId?: unknown };
  // Without an id the position is unknown, so no other event may replace this one. A number beyond 2^53 is no id, because
  // JSON.parse maps several such numbers to the same one.
  const isId = typeof positionId === 'string' || Number.isSafeInteger(positionId);
  return isId ? `position ${positionId}` : undefined;
}
