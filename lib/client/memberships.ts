import { soon } from './backoff.ts';
import type { TradeRoomError } from './error.ts';
import { type EventFrame, errorOf, isObject, type ServerFrame } from './frames.ts';
import type { Position } from './position.ts';
import type { Phase, RoomCore } from './room.ts';
import type { Settings } from './settings.ts';

interface Membership {
  room: RoomCore;
  phase: Phase;
  /** What the subscribe asked to recover from. */
  since: Position | undefined;
  /** Events that came between the subscribe and its answer. */
  held: EventFrame[];
}

/** The rooms of one connection. Of each room one request is under way at most, so none overtakes another. */
export interface Memberships {
  /** Joins or leaves, if that is what the room wants and nothing is under way; `again` what was refused as well. */
  reconcile(room: RoomCore, again?: boolean): void;
  feed(event: EventFrame): void;
  /** The server takes a room away from a live connection. */
  refuse(roomId: string, error: TradeRoomError): void;
  phase(roomId: string): Phase | undefined;
  /** Room → the last number that is known, for `ping`. */
  positions(): Record<string, number>;
  /** What the server says the last numbers are: subscribes again where something was lost. */
  compare(rooms: unknown): void;
}

export function createMemberships(
  settings: Settings,
  request: (type: string, data: object, onAnswer: (answer: ServerFrame) => void) => void,
  onChange: (room: RoomCore) => void,
): Memberships {
  const { time } = settings;
  const memberships = new Map<string, Membership>();

  function join(room: RoomCore, held: EventFrame[] = []): void {
    const since = room.feed.position;
    const membership: Membership = { room, phase: 'joining', since, held };
    memberships.set(room.id, membership);
    onChange(room);
    const data = { roomId: room.id, since, snapshot: true, batch: true };
    request('subscribe_room', data, (answer) => {
      if (answer.type === 'room_subscribed') joined(membership, answer.data);
      else notJoined(membership, errorOf(answer));
    });
  }

  function joined(membership: Membership, answer: Record<string, unknown>): void {
    const { room, held, since } = membership;
    membership.phase = 'live';
    if (room.isWanted() && since !== undefined && room.feed.position === undefined) {
      // It was left and wanted again meanwhile: it has nothing any more, and needs the last values.
      join(room, held);
    } else if (room.isWanted()) {
      room.joined(answer);
      for (const event of held) feed(event);
    }
    onChange(room);
    reconcile(room);
  }

  function notJoined(membership: Membership, error: TradeRoomError): void {
    const { room } = membership;
    membership.phase = 'refused';
    if (error.code === 'internal') {
      // The server failed, it did not refuse: it is asked again in a moment.
      membership.phase = 'joining';
      time.after(soon(settings), () => {
        memberships.delete(room.id);
        onChange(room);
        reconcile(room);
      });
    } else if (room.isWanted()) room.refused(error);
    reconcile(room);
    onChange(room);
  }

  function leave(membership: Membership): void {
    const { room } = membership;
    membership.phase = 'leaving';
    request('unsubscribe_room', { roomId: room.id }, (answer) => {
      if (answer.type === 'error' && errorOf(answer).code === 'internal') return notLeft(membership);
      // Of two messages in the same millisecond a subscribe wins: then it is left once more.
      if (answer.type === 'room_subscribed') membership.phase = 'live';
      else memberships.delete(room.id);
      onChange(room);
      reconcile(room);
    });
  }

  /**
   * The unsubscribe failed, so the server may still send events. Unsubscribes again, or subscribes if the room is
   * wanted again.
   */
  function notLeft(membership: Membership): void {
    const { room } = membership;
    time.after(soon(settings), () => {
      if (!room.isWanted()) return leave(membership);
      memberships.delete(room.id);
      onChange(room);
      reconcile(room);
    });
  }

  function reconcile(room: RoomCore, again = false): void {
    const membership = memberships.get(room.id);
    if (membership?.phase === 'refused' && (again || !room.isWanted())) memberships.delete(room.id);
    if (!memberships.has(room.id)) {
      if (room.isWanted()) join(room);
    } else if (membership?.phase === 'live' && !room.isWanted()) leave(membership);
  }

  function feed(event: EventFrame): void {
    const membership = memberships.get(event.roomId);
    if (membership?.phase === 'joining') membership.held.push(event);
    else if (membership?.phase === 'live' && !membership.room.feed.accept(event)) join(membership.room);
  }

  return {
    reconcile,
    feed,
    refuse(roomId, error) {
      const membership = memberships.get(roomId);
      if (membership?.phase !== 'live') return;
      membership.phase = 'refused';
      membership.room.refused(error);
    },
    phase: (roomId) => memberships.get(roomId)?.phase,
    positions: () =>
      Object.fromEntries(
        [...memberships].flatMap(([roomId, { room, phase }]) =>
          phase === 'live' && room.feed.position !== undefined ? [[roomId, room.feed.position.seq]] : [],
        ),
      ),
    compare(rooms) {
      for (const [roomId, seq] of Object.entries(isObject(rooms) ? rooms : {})) {
        const membership = memberships.get(roomId);
        const known = membership?.room.feed.position?.seq ?? 0;
        if (membership?.phase === 'live' && typeof seq === 'number' && seq > known) join(membership.room);
      }
    },
  };
}
