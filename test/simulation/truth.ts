import type { Store } from '../../lib/core/ports.ts';
import type { Cursor, LoggedEvent } from '../../lib/core/room-log.ts';
import { stateKey } from '../../lib/protocol/conflation.ts';
import type { EventFrame } from '../../lib/protocol/server-messages.ts';
import type { World } from './world.ts';

/** What clients must know in the end. It is recorded from the writes to the store. */
export interface Truth {
  /** The store, whose writes are recorded. */
  store: Store;
  /** The cursor of the room that was written last. */
  cursor(roomId: string): Cursor | undefined;
  /** The events of the room's current epoch, up to its cursor. */
  events(roomId: string): LoggedEvent[];
  /** The events of all its epochs, one epoch after the other. */
  allEvents(roomId: string): LoggedEvent[];
  /** Lets the cursor expire, as if an operator had deleted it. */
  loseCursor(roomId: string): Promise<void>;
  /** Checks the numbers of a frame that a client got. */
  frame(frame: EventFrame): void;
}

/** Reports a violation if a cursor goes back, or if two events have the same number. */
export function watch(world: World, store: Store): Truth {
  /** Room → the last cursor of each of its epochs. */
  const cursors = new Map<string, Map<string, Cursor>>();
  const rows = new Map<string, LoggedEvent>();
  const framed = new Map<string, string>();
  /** Room and epoch → number of the last frame. */
  const lastFramed = new Map<string, number>();
  const rowName = (roomId: string, epoch: string, seq: number) => `${roomId} ${epoch} ${seq}`;

  function onCursor(roomId: string, cursor: Cursor): void {
    const epochs = cursors.get(roomId) ?? new Map<string, Cursor>();
    const before = epochs.get(cursor.epoch);
    if (before !== undefined && (cursor.seq < before.seq || cursor.lastFrameSeq < before.lastFrameSeq)) {
      world.violated(`the cursor of ${roomId} goes back from ${before.seq} to ${cursor.seq}`);
    }
    if (before === undefined && epochs.size > 0) world.note(`${roomId} begins a new epoch, ${cursor.epoch}`);
    cursors.set(roomId, epochs.set(cursor.epoch, cursor));
  }

  function eventsOf(roomId: string, { epoch, seq }: Cursor): LoggedEvent[] {
    const numbers = Array.from({ length: seq }, (_, index) => index + 1);
    return numbers.flatMap((number) => rows.get(rowName(roomId, epoch, number)) ?? []);
  }

  const epochsOf = (roomId: string) => [...(cursors.get(roomId)?.values() ?? [])];

  return {
    store: {
      ...store,
      async createCursor(roomId, cursor) {
        const isMade = await store.createCursor(roomId, cursor);
        if (isMade) onCursor(roomId, cursor);
        return isMade;
      },
      async advanceCursor(roomId, from, to) {
        const isMoved = await store.advanceCursor(roomId, from, to);
        if (isMoved) onCursor(roomId, to);
        return isMoved;
      },
      async putEvent(roomId, epoch, event) {
        const isPut = await store.putEvent(roomId, epoch, event);
        if (isPut) rows.set(rowName(roomId, epoch, event.seq), event);
        return isPut;
      },
    },
    cursor: (roomId) => epochsOf(roomId).at(-1),
    events: (roomId) =>
      epochsOf(roomId)
        .slice(-1)
        .flatMap((cursor) => eventsOf(roomId, cursor)),
    allEvents: (roomId) => epochsOf(roomId).flatMap((cursor) => eventsOf(roomId, cursor)),
    async loseCursor(roomId) {
      const cursor = await world.real(store.readCursor(roomId));
      if (cursor !== undefined) await world.real(store.advanceCursor(roomId, cursor, { ...cursor, ttl: 0 }));
      world.note(`the cursor of ${roomId} is lost`);
    },
    frame({ roomId, epoch, seq, id, prev = -1 }) {
      const room = `${roomId} ${epoch}`;
      const before = lastFramed.get(room) ?? 0;
      if (seq > before && prev < before && !world.hasCrashed) {
        world.violated(`${seq} of ${roomId} comes after ${before}, and says ${prev}`);
      }
      lastFramed.set(room, Math.max(before, seq));
      const name = rowName(roomId, epoch, seq);
      const known = framed.get(name) ?? id;
      if (known !== id) world.violated(`${name} is both ${known} and ${id}`);
      framed.set(name, id);
    },
  };
}

/** State → id of the event that every client must have in the end, after these events in this order. */
export function newestStates(events: readonly LoggedEvent[]): Map<string, string> {
  const closed = new Set<string>();
  const newest = new Map<string, LoggedEvent>();
  for (const event of events) {
    const key = stateKey(event.type, JSON.parse(event.data));
    if (key === undefined) continue;
    if (event.type === 'position_closed') closed.add(key);
    else if ((newest.get(key)?.publishedAt ?? 0) <= event.publishedAt) newest.set(key, event);
  }
  const open = [...newest].filter(([key]) => !closed.has(key));
  return new Map(open.map(([key, { id }]) => [key, id]));
}

/** The events that no other event replaces: orders, and ends of positions. */
export function lastingEvents(events: readonly LoggedEvent[]): LoggedEvent[] {
  return events.filter(
    ({ type, data }) => type === 'position_closed' || stateKey(type, JSON.parse(data)) === undefined,
  );
}
