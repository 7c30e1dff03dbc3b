import { conflation } from '../protocol/conflation.ts';
import type { RoomEventType } from '../protocol/room-events.ts';
import type { UnrecoveredReason } from '../protocol/server-messages.ts';
import { type Room, type RoomState, type Subscribed, TradeRoomError, type Unsubscribe } from './api.ts';
import { createDeferred } from './deferred.ts';
import { createEmitter, type OnFailure } from './emitter.ts';
import { createRoomFeed, type EventListener, type RoomFeed } from './room-feed.ts';
import type { Settings } from './settings.ts';

/** The phase of a room on one connection. `waiting`: for a free place; `joining`, `leaving`: for the answer to a request. */
export type Phase = 'waiting' | 'joining' | 'live' | 'leaving' | 'refused';

/** A room as its connections see it. It exists longer than each of them. */
export interface RoomController {
  readonly id: string;
  readonly handle: Room;
  readonly feed: RoomFeed;
  isWanted(): boolean;
  /** Takes the server's answer to a subscribe. */
  joined(answer: Record<string, unknown>): void;
  refused(error: TradeRoomError): void;
  /** The client has stopped: rejects pending `subscribe()` calls, resolves pending `unsubscribe()` calls. */
  fail(error: TradeRoomError): void;
  /** Computes the state again from the phases on all connections. */
  refresh(): void;
}

interface RoomHost {
  /** The phase of the room on each connection that has it. */
  phases(roomId: string): Phase[];
  /** True while the client is connected or connecting. */
  isTrying(): boolean;
  /** Called when `isWanted()` may have changed. `retryRefused`: subscribe again even if the server has refused the room. */
  onChange(room: RoomController, retryRefused: boolean): void;
  /** Called when the room has no listener and no connection has it. */
  onIdle(room: RoomController): void;
  onFailure: OnFailure;
}

interface Changes extends Record<string, unknown[]> {
  subscribed: [Subscribed];
  state: [RoomState];
  error: [TradeRoomError];
}

export function createRoom(id: string, settings: Settings, host: RoomHost): RoomController {
  const { time, timeoutMs } = settings;
  const feed = createRoomFeed(host.onFailure);
  const changes = createEmitter<Changes>(host.onFailure);
  const joining = createDeferred<Subscribed>(time, timeoutMs, `room ${id}`);
  const leaving = createDeferred<void>(time, timeoutMs, `leaving room ${id}`);
  let isHeld = false;
  let state: RoomState = 'unsubscribed';

  function listen(type: string, listener: (...args: never[]) => void): Unsubscribe {
    const off = Object.hasOwn(conflation, type)
      ? feed.listen(type as RoomEventType, listener as EventListener)
      : changes.on(type, listener as (...args: unknown[]) => void);
    host.onChange(room, false);
    return () => {
      off();
      host.onChange(room, false);
    };
  }

  const isIdle = () => !room.isWanted() && changes.isEmpty() && host.phases(id).length === 0;

  const handle = {
    id,
    get state() {
      return state;
    },
    on: listen,
    subscribe() {
      isHeld = true;
      const joined = state === 'subscribed' ? Promise.resolve({ complete: true }) : joining.wait();
      host.onChange(room, true);
      return joined;
    },
    unsubscribe() {
      isHeld = false;
      feed.dropListeners();
      joining.reject(new TradeRoomError('closed', `room ${id} was left`));
      const left = leaving.wait();
      host.onChange(room, false);
      return left;
    },
  } as Room;

  const room: RoomController = {
    id,
    handle,
    feed,
    isWanted: () => isHeld || feed.hasListeners(),
    joined(answer) {
      const wasSubscribed = state === 'subscribed';
      const subscribed = feed.has(answer) ? { complete: true } : subscribedBy(answer);
      if (!subscribed.complete) feed.dropRetainedValues();
      room.refresh();
      joining.resolve(subscribed);
      // Before the events: after a loss the page discards its data and starts again with these events.
      if (!wasSubscribed || !subscribed.complete) changes.emit('subscribed', subscribed);
      feed.catchUp(answer);
    },
    refused(error) {
      room.refresh();
      joining.reject(error);
      changes.emit('error', error);
    },
    fail(error) {
      joining.reject(error);
      leaving.resolve();
    },
    refresh() {
      const phases = host.phases(id);
      const before = state;
      const isWanted = room.isWanted();
      state = isWanted && host.isTrying() ? wantedState(phases) : 'unsubscribed';
      // A wanted room keeps its position while the client is closed, so that `connect()` recovers the missed events.
      if (!isWanted) feed.forget();
      if (isWanted || phases.length === 0) leaving.resolve();
      if (state !== before) changes.emit('state', state);
      if (isIdle()) host.onIdle(room);
    },
  };
  return room;
}

function wantedState(phases: Phase[]): RoomState {
  if (phases.includes('live')) return 'subscribed';
  return phases.includes('refused') && !phases.includes('joining') ? 'refused' : 'subscribing';
}

function subscribedBy({ reason }: Record<string, unknown>): Subscribed {
  return reason === undefined ? { complete: true } : { complete: false, reason: reason as UnrecoveredReason };
}

/**
 * The rooms of a client, one handle per room id. A room that is not in use is garbage-collected together with its handle,
 * because a page may open thousands of rooms in a day.
 */
export interface Rooms {
  of(id: string): RoomController;
  /** Keeps a room that has a listener, is subscribed, or is on a connection, until it is released. */
  use(room: RoomController): void;
  release(room: RoomController): void;
  inUse(): Iterable<RoomController>;
}

export function createRooms(create: (id: string) => RoomController): Rooms {
  const used = new Map<string, RoomController>();
  const known = new Map<string, WeakRef<RoomController>>();
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
