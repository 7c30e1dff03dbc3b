import { createTimers } from '../options/time.ts';
import { MAX_ROOMS_PER_CONNECTION } from '../protocol/limits.ts';
import type { TradeRoomError } from './api.ts';
import { soon } from './backoff.ts';
import { type EventFrame, errorOf, isObject, type ServerFrame } from './frames.ts';
import type { Position } from './room-feed.ts';
import type { Phase, RoomController } from './rooms.ts';
import type { Settings } from './settings.ts';

/**
 * The places that a connection has for rooms. A room takes one from its subscribe until the answer to its unsubscribe. The
 * server decides whether a place is free. Only while rooms are being left does the client hold back subscribes that the
 * server would refuse.
 */
interface Places<Room> {
  /** Sets the phase of a room. `lacksPlace`: the server has refused it for want of place on the connection. */
  set(room: Room, phase: Phase, lacksPlace?: boolean): void;
  delete(room: Room): void;
  /** False when no place is free now and one will be free soon. */
  mayAsk(): boolean;
  /** The first waiting room, if a place is free. */
  nextWaiting(): Room | undefined;
  /** Of the rooms refused for want of place, the one whose last subscribe is oldest. */
  nextLacking(): Room | undefined;
}

function createPlaces<Room>(places: number): Places<Room> {
  const taken = new Set<Room>();
  const leaving = new Set<Room>();
  /** In order of arrival. */
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

interface RoomSubscription {
  room: RoomController;
  phase: Phase;
  /** The `since` of the subscribe: the position to recover from. */
  since: Position | undefined;
  /** Events that arrived between the subscribe and its answer. */
  held: EventFrame[];
  /** The server refused it before for want of place. */
  isRetry: boolean;
}

/** The rooms of one connection. At most one request per room is under way, so that no request overtakes another. */
export interface Memberships {
  /**
   * Subscribes to wanted rooms and leaves the others, except rooms with a request under way. Rooms in `retryRefused` are
   * subscribed again even if refused. It sends unsubscribes first. A subscribe without a free place waits for their answers,
   * because API Gateway serves the messages of a connection in parallel.
   */
  reconcile(rooms: Iterable<RoomController>, retryRefused?: ReadonlySet<RoomController>): void;
  /** Delivers an event to its room, or holds it until the subscribe is answered. */
  feed(event: EventFrame): void;
  /** The server has ended the subscription of a live room. */
  refuse(roomId: string, error: TradeRoomError): void;
  /** The rooms that the server has refused so far. */
  refused(): ReadonlySet<RoomController>;
  phase(roomId: string): Phase | undefined;
  /** Room id → the last `seq` that the client has, for `ping`. */
  positions(): Record<string, number>;
  /** Takes the last `seq` of each room as the server states it, and subscribes again to rooms that missed events. */
  compare(rooms: unknown): void;
  /** Cancels all pending retries. */
  end(): void;
}

/** The server counts a left room for one more minute, so that a place may become free without a message. */
const PLACE_AGAIN_MS = 30_000;

export function createMemberships(
  settings: Settings,
  request: (type: string, data: object, onAnswer: (answer: ServerFrame) => void) => void,
  onChange: (room: RoomController) => void,
): Memberships {
  const { time, random } = settings;
  const memberships = new Map<string, RoomSubscription>();
  const places = createPlaces<RoomController>(MAX_ROOMS_PER_CONNECTION);
  const timers = createTimers(time);
  let cancelAsking: (() => void) | undefined;

  function put(membership: RoomSubscription, phase: Phase, lacksPlace = false): void {
    membership.phase = phase;
    memberships.set(membership.room.id, membership);
    places.set(membership.room, phase, lacksPlace);
  }

  function remove(room: RoomController): void {
    memberships.delete(room.id);
    places.delete(room);
  }

  const inPhase = (phase: Phase) => [...memberships.values()].filter((each) => each.phase === phase);

  function join(room: RoomController, { held = [] as EventFrame[], isRetry = false } = {}): void {
    const since = room.feed.position;
    const membership: RoomSubscription = { room, phase: 'joining', since, held, isRetry };
    put(membership, 'joining');
    onChange(room);
    const data = { roomId: room.id, since, snapshot: true, batch: true };
    request('subscribe_room', data, (answer) => {
      if (answer.type === 'room_subscribed') joined(membership, answer.data);
      else notJoined(membership, errorOf(answer));
    });
  }

  function joined(membership: RoomSubscription, answer: Record<string, unknown>): void {
    const { room, held, since } = membership;
    put(membership, 'live');
    if (room.isWanted() && since !== undefined && room.feed.position === undefined) {
      // The room was left and wanted again during the request. It has no state any more and needs the retained values.
      join(room, { held });
    } else if (room.isWanted()) {
      room.joined(answer);
      for (const event of held) feed(event);
    }
    onChange(room);
    reconcile([room]);
    // There was a place for this room, so there may be one for the next.
    if (membership.isRetry) askForPlace();
  }

  function notJoined(membership: RoomSubscription, error: TradeRoomError): void {
    const { room } = membership;
    if (error.code === 'internal') changeSoon(membership);
    else {
      const lacksPlace = error.code === 'too_many_rooms';
      put(membership, 'refused', lacksPlace);
      if (lacksPlace) cancelAsking ??= askForPlaceLater();
      if (room.isWanted()) room.refused(error);
      reconcile([room]);
      onChange(room);
    }
  }

  function leave(membership: RoomSubscription): void {
    const { room } = membership;
    put(membership, 'leaving');
    request('unsubscribe_room', { roomId: room.id }, (answer) => {
      if (answer.type === 'error' && errorOf(answer).code === 'internal') return changeSoon(membership);
      // The server gives a subscribe of the same millisecond precedence. Then the room is left once more.
      if (answer.type === 'room_subscribed') put(membership, 'live');
      else remove(room);
      onChange(room);
      reconcile([room]);
      fillPlaces();
    });
  }

  /** The server failed, perhaps after it did its work. Subscribes or unsubscribes again later, as the room then wants. */
  function changeSoon(membership: RoomSubscription): void {
    timers.after(soon(settings), () => {
      const { room } = membership;
      if (!room.isWanted()) return leave(membership);
      remove(room);
      onChange(room);
      reconcile([room]);
      fillPlaces();
    });
  }

  function reconcile(rooms: Iterable<RoomController>, retryRefused?: ReadonlySet<RoomController>): void {
    const all = [...rooms];
    for (const room of all) if (!room.isWanted()) release(room);
    for (const room of all) if (room.isWanted()) admit(room, retryRefused?.has(room) === true);
  }

  function release(room: RoomController): void {
    const membership = memberships.get(room.id);
    if (membership?.phase === 'live') leave(membership);
    else if (membership?.phase === 'refused' || membership?.phase === 'waiting') remove(room);
  }

  function admit(room: RoomController, retryRefused: boolean): void {
    const phase = memberships.get(room.id)?.phase;
    if (phase !== undefined && !(phase === 'refused' && retryRefused)) return;
    if (places.mayAsk()) join(room);
    else put({ room, phase: 'waiting', since: undefined, held: [], isRetry: false }, 'waiting');
  }

  /** Call it when a room has been left: subscribes to waiting rooms. */
  function fillPlaces(): void {
    for (let next = places.nextWaiting(); next; next = places.nextWaiting()) join(next);
    askForPlace();
  }

  /** Subscribes to one room that lacks a place. One at a time, because the server may refuse each of them again. */
  function askForPlace(): void {
    cancelAsking?.();
    const next = places.nextLacking();
    cancelAsking = next && askForPlaceLater();
    if (next !== undefined) join(next, { isRetry: true });
  }

  const askForPlaceLater = () => timers.after(PLACE_AGAIN_MS * (0.5 + random() / 2), askForPlace);

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
      put(membership, 'refused');
      membership.room.refused(error);
      fillPlaces();
    },
    refused: () => new Set(inPhase('refused').map(({ room }) => room)),
    phase: (roomId) => memberships.get(roomId)?.phase,
    positions: () =>
      Object.fromEntries(
        inPhase('live').flatMap(({ room: { id, feed } }) => (feed.position ? [[id, feed.position.seq]] : [])),
      ),
    compare(rooms) {
      for (const { room } of inPhase('live')) {
        const seq = isObject(rooms) ? rooms[room.id] : undefined;
        if (typeof seq === 'number' && seq > (room.feed.position?.seq ?? 0)) join(room);
      }
    },
    end: timers.end,
  };
}
