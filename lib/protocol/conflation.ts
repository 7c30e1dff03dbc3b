import type { RoomEventType } from './room-events.ts';

/**
 * How events of a type are conflated, that is, left out because a newer event replaces them. `every`: each event is sent.
 * `newest`: only the newest event of a state is sent, if it is newer than the retained value. `ends`: each event is sent
 * and ends its state; no later `newest` event of the state is sent.
 */
export type Conflation =
  | { send: 'every' }
  | { send: 'ends'; state: 'position' }
  | {
      send: 'newest';
      /** Whose state it is: the room's, or that of the position named by `data.positionId`. */
      state: 'room' | 'position';
      /** The services publish newer values again and again, so nobody needs to publish an old one again. */
      recurs?: true;
    };

/** The conflation of every event type. */
export const conflation = {
  leaderboard_update: { send: 'newest', state: 'room', recurs: true },
  position_update: { send: 'newest', state: 'position', recurs: true },
  position_closed: { send: 'ends', state: 'position' },
  order_executed: { send: 'every' },
  order_failed: { send: 'every' },
  room_state_changed: { send: 'newest', state: 'room' },
} as const satisfies Record<RoomEventType, Conflation>;

/** The state that an event sets or ends. Undefined if it belongs to no state: then it is always sent. */
export function stateKey(type: RoomEventType, data: object): string | undefined {
  const state = stateOwner(conflation[type]);
  if (state !== 'position') return state && type;
  const { positionId } = data as { positionId?: unknown };
  // Without an id the position is unknown, so no other event may replace this one. A number beyond 2^53 is no id, because
  // JSON.parse maps several such numbers to the same one.
  const isId = typeof positionId === 'string' || Number.isSafeInteger(positionId);
  return isId ? `position ${positionId}` : undefined;
}

function stateOwner(of: Conflation): 'room' | 'position' | undefined {
  return of.send === 'every' ? undefined : of.state;
}

/** What the server sends of a type, as the contract and the documents say it. */
export function sentOf(of: Conflation): string {
  const isOfPosition = stateOwner(of) === 'position';
  switch (of.send) {
    case 'every':
      return 'every event';
    case 'ends':
      return 'every event; after it no update of the same `positionId`';
    case 'newest':
      return isOfPosition
        ? 'the newest of each `positionId`; every event without a `positionId`'
        : 'the newest of the room';
  }
}
