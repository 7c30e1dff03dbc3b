import type { Time } from '../options/time.ts';
import { conflation } from '../protocol/conflation.ts';
import type { OutgoingEvent } from './outbox.ts';

/**
 * Limits the events per second of each room. Below the limit every event passes at once. Above it orders and closed positions
 * still pass at once. Of each state only the newest value waits; it supersedes the value that waited before.
 */
interface RoomRateLimiter {
  offer(outgoing: OutgoingEvent): void;
  /** How many values are waiting. */
  readonly waiting: number;
}

interface Room {
  /** May be negative, because orders pass at once. Then states wait longer. */
  tokens: number;
  countedAt: number;
  /** State key → the waiting value. */
  states: Map<string, OutgoingEvent>;
  isTimed: boolean;
}

/** A room may send the events of this many seconds at once. */
const BURST_SECONDS = 0.1;
const MAX_IDLE_ROOMS = 1_000;

export function createRoomRateLimiter(
  eventsPerSecond: number,
  time: Time,
  pass: (outgoing: OutgoingEvent) => void,
): RoomRateLimiter {
  if (eventsPerSecond === Number.POSITIVE_INFINITY) return { waiting: 0, offer: pass };
  const burst = Math.max(1, eventsPerSecond * BURST_SECONDS);
  const rooms = new Map<string, Room>();
  let waiting = 0;
  let sweepAt = MAX_IDLE_ROOMS;

  function roomOf(roomId: string): Room {
    let room = rooms.get(roomId);
    if (room === undefined) {
      if (rooms.size >= sweepAt) forgetIdle();
      room = { tokens: burst, countedAt: time.now(), states: new Map(), isTimed: false };
      rooms.set(roomId, room);
    }
    refill(room);
    return room;
  }

  function refill(room: Room): void {
    const now = time.now();
    const gained = ((now - room.countedAt) / 1_000) * eventsPerSecond;
    room.tokens = Math.min(burst, room.tokens + Math.max(0, gained));
    room.countedAt = now;
  }

  /** Sweeps again when there are twice as many rooms. A sweep at every new room would cost the square of their number. */
  function forgetIdle(): void {
    for (const [roomId, room] of rooms) {
      refill(room);
      if (room.tokens === burst && room.states.size === 0) rooms.delete(roomId);
    }
    sweepAt = Math.max(MAX_IDLE_ROOMS, 2 * rooms.size);
  }

  function spend(room: Room, outgoing: OutgoingEvent): void {
    room.tokens -= 1;
    pass(outgoing);
  }

  /** Of two values of a state, the one with the later `publishedAt` waits. */
  function wait(room: Room, key: string, outgoing: OutgoingEvent): void {
    const before = room.states.get(key);
    const isNewer = before === undefined || outgoing.event.publishedAt >= before.event.publishedAt;
    if (isNewer) room.states.set(key, outgoing);
    if (before === undefined) waiting += 1;
    else (isNewer ? before : outgoing).settle({ status: 'superseded' });
    releaseLater(room);
  }

  function supersede(room: Room, key: string): void {
    const before = room.states.get(key);
    if (before === undefined) return;
    room.states.delete(key);
    waiting -= 1;
    before.settle({ status: 'superseded' });
  }

  function releaseLater(room: Room): void {
    if (room.isTimed || room.states.size === 0) return;
    room.isTimed = true;
    const missing = Math.max(1, 1 - room.tokens);
    time.after(Math.ceil((missing / eventsPerSecond) * 1_000), () => {
      room.isTimed = false;
      refill(room);
      for (const [key, outgoing] of room.states) {
        if (room.tokens < 1) break;
        room.states.delete(key);
        waiting -= 1;
        spend(room, outgoing);
      }
      releaseLater(room);
    });
  }

  return {
    get waiting() {
      return waiting;
    },
    offer(outgoing) {
      const { roomId, type, stateKey } = outgoing.event;
      const room = roomOf(roomId);
      const isState = stateKey !== undefined && conflation[type].send === 'newest';
      if (isState && (room.states.has(stateKey) || room.tokens < 1)) wait(room, stateKey, outgoing);
      else {
        // If this event ends a state, the waiting value of the state is outdated.
        if (stateKey !== undefined) supersede(room, stateKey);
        spend(room, outgoing);
      }
    },
  };
}
