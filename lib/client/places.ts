import type { Phase } from './room.ts';

/**
 * The places that a connection has for rooms. A room has one from its subscribe until the answer to its unsubscribe.
 * Whether there is one is the server's word; only while rooms are being left nothing is asked for that it would refuse.
 */
export interface Places<Room> {
  /** Says how a room stands; `lacksPlace`: the server has refused it because there was no place. */
  set(room: Room, phase: Phase, lacksPlace?: boolean): void;
  delete(room: Room): void;
  /** False where a place will be free soon, and there is none now. */
  mayAsk(): boolean;
  /** The first room that waits, while there is a place for it. */
  nextWaiting(): Room | undefined;
  /** The one of those that the server had no place for that was asked for longest ago. */
  nextLacking(): Room | undefined;
}

export function createPlaces<Room>(places: number): Places<Room> {
  const taken = new Set<Room>();
  const leaving = new Set<Room>();
  /** In the order in which they came. */
  const waiting = new Set<Room>();
  const lacking = new Set<Room>();
  const first = (rooms: Set<Room>): Room | undefined => rooms.values().next().value;
  const mayAsk = () => taken.size < places || leaving.size === 0;

  function forget(room: Room): void {
    for (const rooms of [taken, leaving, waiting, lacking]) rooms.delete(room);
  }

  return {
    set(room, phase, lacksPlace = false) {
      forget(room);
      if (lacksPlace) lacking.add(room);
      else if (phase === 'waiting') waiting.add(room);
      else if (phase !== 'refused') taken.add(room);
      if (phase === 'leaving') leaving.add(room);
    },
    delete: forget,
    mayAsk,
    nextWaiting: () => (mayAsk() ? first(waiting) : undefined),
    nextLacking: () => first(lacking),
  };
}
