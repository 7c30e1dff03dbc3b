import type { RoomCore } from './room.ts';

/**
 * The rooms of a client. Whoever has the handle of a room has the only one; of a room that is not in use nothing is left
 * when nobody has its handle any more: a page may look into thousands in a day.
 */
export interface Rooms {
  of(id: string): RoomCore;
  /** It has a listener, is subscribed to, or a connection knows of it: it is kept until it is released. */
  use(room: RoomCore): void;
  release(room: RoomCore): void;
  inUse(): Iterable<RoomCore>;
}

export function createRooms(create: (id: string) => RoomCore): Rooms {
  const used = new Map<string, RoomCore>();
  const known = new Map<string, WeakRef<RoomCore>>();
  const collected = new FinalizationRegistry<string>((id) => {
    if (known.get(id)?.deref() === undefined) known.delete(id);
  });
  return {
    of(id) {
      const found = known.get(id)?.deref();
      if (found !== undefined) return found;
      const room = create(id);
      known.set(id, new WeakRef(room));
      collected.register(room, id);
      return room;
    },
    use: (room) => void used.set(room.id, room),
    release: ({ id }) => void used.delete(id),
    inUse: () => used.values(),
  };
}
