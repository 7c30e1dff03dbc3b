import type { RoomEventType } from './room-events.ts';

/**
 * How events of a type may be conflated, that is, left out because a later one says the same and more. `every`: each is
 * sent. `newest`: of those of one state only the last is, and none that is older than what is known already. `ends`: each
 * is sent, and its state is over: no `newest` of it is sent any more.
 */
interface Conflation {
  send: 'every' | 'newest' | 'ends';
  /** What the state belongs to: the room, or the position that `data.positionId` names. */
  state?: 'room' | 'position';
}

/** The policy of every event. */
export const conflation = {
  leaderboard_update: { send: 'newest', state: 'room' },
  position_update: { send: 'newest', state: 'position' },
  position_closed: { send: 'ends', state: 'position' },
  order_executed: { send: 'every' },
  order_failed: { send: 'every' },
  room_state_changed: { send: 'newest', state: 'room' },
} as const satisfies Record<RoomEventType, Conflation>;

/** The state that an event is a value of, or ends; undefined where it is of none, and so is always sent. */
export function stateKey(type: RoomEventType, data: object): string | undefined {
  const { state }: Conflation = conflation[type];
  if (state !== 'position') return state && type;
  const { positionId } = data as { positionId?: unknown };
  // Without an id nobody can tell which position it is: no other event may stand for it. A number beyond 2^53 is none:
  // JSON.parse makes the same number of several.
  const isId = typeof positionId === 'string' || Number.isSafeInteger(positionId);
  return isId ? `position ${positionId}` : undefined;
}
