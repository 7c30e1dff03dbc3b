import type { RoomEventType } from '../protocol/room-events.ts';
import type { UnrecoveredReason } from '../protocol/server-messages.ts';
import { conflation } from '../protocol/state-keys.ts';
import type { Off, Room, RoomState, Subscribed } from './api.ts';
import { createEmitter, type OnFailure } from './emitter.ts';
import { TradeRoomError } from './error.ts';
import { createRoomFeed, type EventListener, type RoomFeed } from './room-feed.ts';
import type { Settings } from './settings.ts';
import { createWaiting } from './waiting.ts';

/** How a room stands on a connection. `waiting`: for a place; `joining`, `leaving`: for the answer to the request. */
export type Phase = 'waiting' | 'joining' | 'live' | 'leaving' | 'refused';

/** A room as its connections see it: it outlives them. */
export interface RoomCore {
  readonly id: string;
  readonly handle: Room;
  readonly feed: RoomFeed;
  isWanted(): boolean;
  /** The server's answer to a subscribe. */
  joined(answer: Record<string, unknown>): void;
  refused(error: TradeRoomError): void;
  /** Nobody tries any more: ends whoever waits. */
  fail(error: TradeRoomError): void;
  /** Looks at its connections again. */
  refresh(): void;
}

export interface RoomSurroundings {
  /** How the room stands on each connection that knows of it. */
  phases(roomId: string): Phase[];
  /** Whether the client is connected, or tries to be. */
  isTrying(): boolean;
  /** Whether the room is wanted may have changed; `again` tries once more what was refused. */
  onChange(room: RoomCore, again: boolean): void;
  /** Nobody listens, and no connection knows of it. */
  onIdle(room: RoomCore): void;
  onFailure: OnFailure;
}

interface Changes extends Record<string, unknown[]> {
  subscribed: [Subscribed];
  state: [RoomState];
  error: [TradeRoomError];
}

export function createRoom(id: string, settings: Settings, surroundings: RoomSurroundings): RoomCore {
  const { time, timeoutMs } = settings;
  const feed = createRoomFeed(surroundings.onFailure);
  const changes = createEmitter<Changes>(surroundings.onFailure);
  const joining = createWaiting<Subscribed>(time, timeoutMs, `room ${id}`);
  const leaving = createWaiting<void>(time, timeoutMs, `leaving room ${id}`);
  let isHeld = false;
  let state: RoomState = 'unsubscribed';

  function listen(type: string, listener: (...told: never[]) => void): Off {
    const off = Object.hasOwn(conflation, type)
      ? feed.listen(type as RoomEventType, listener as EventListener)
      : changes.on(type, listener as (...told: unknown[]) => void);
    surroundings.onChange(room, false);
    return () => {
      off();
      surroundings.onChange(room, false);
    };
  }

  const isIdle = () => !room.isWanted() && changes.isEmpty() && surroundings.phases(id).length === 0;

  const handle = {
    id,
    get state() {
      return state;
    },
    on: listen,
    subscribe() {
      isHeld = true;
      const joined = state === 'subscribed' ? Promise.resolve({ complete: true }) : joining.wait();
      surroundings.onChange(room, true);
      return joined;
    },
    unsubscribe() {
      isHeld = false;
      feed.dropListeners();
      joining.reject(new TradeRoomError('closed', `room ${id} was left`));
      const left = leaving.wait();
      surroundings.onChange(room, false);
      return left;
    },
  } as Room;

  const room: RoomCore = {
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
      // Before the events: after a loss, the page starts over with them.
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
      const phases = surroundings.phases(id);
      const before = state;
      const isWanted = room.isWanted();
      state = isWanted && surroundings.isTrying() ? wantedState(phases) : 'unsubscribed';
      // Of a room that is wanted of a client that was closed, `connect()` recovers what was missed.
      if (!isWanted) feed.forget();
      if (isWanted || phases.length === 0) leaving.resolve();
      if (state !== before) changes.emit('state', state);
      if (isIdle()) surroundings.onIdle(room);
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
