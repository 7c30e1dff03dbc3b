import { conflation, stateKey } from '../protocol/conflation.ts';
import type { RoomEventType } from '../protocol/room-events.ts';
import type { EventMeta, Unsubscribe } from './api.ts';
import { createEmitter, notify, type OnFailure } from './emitter.ts';
import { type EventFrame, eventList } from './frames.ts';

/** The position of a client in a room: the last frame that it has. */
export interface Position {
  epoch: string;
  seq: number;
}

/**
 * What to do with a numbered frame, by the rules of docs/protocol.md ("Numbers"). `gap`: a frame before it is missing, or the room
 * has a new epoch; the client subscribes again, with `since`.
 */
export function judge(
  position: Position | undefined,
  frame: Position & { prev?: number },
): 'take' | 'drop' | 'gap' {
  if (position === undefined) return 'take';
  if (frame.epoch !== position.epoch) return 'gap';
  if (frame.seq <= position.seq) return 'drop';
  return frame.prev !== undefined && frame.prev > position.seq ? 'gap' : 'take';
}

/** The retained value of every state of a room, for listeners that are added later. */
interface RetainedValues {
  keep(event: EventFrame): void;
  ofType(type: string): EventFrame[];
  clear(): void;
}

function createRetainedValues(): RetainedValues {
  const values = new Map<string, EventFrame>();
  return {
    keep(event) {
      const key = stateKey(event.type, event.data);
      if (key === undefined) return;
      if (conflation[event.type].send === 'ends') values.delete(key);
      else values.set(key, event);
    },
    ofType: (type) => [...values.values()].filter((event) => event.type === type),
    clear: () => values.clear(),
  };
}

export type EventListener = (data: never, meta: EventMeta) => void;

/** Delivers the events of a room to its listeners: each once and in order, even while two connections deliver them. */
export interface RoomFeed {
  readonly position: Position | undefined;
  /** Adds a listener and calls it at once with the retained values of the type. */
  listen(type: RoomEventType, listener: EventListener): Unsubscribe;
  hasListeners(): boolean;
  dropListeners(): void;
  /** Delivers the event unless it is a repeat. False when an event before it is missing; then nothing is delivered. */
  accept(event: EventFrame): boolean;
  /** True when the feed is already at or beyond the position of this answer to a subscribe. */
  has(answer: Record<string, unknown>): boolean;
  /** Delivers the content of an answer to a subscribe: the missed events, or the retained values. */
  catchUp(answer: Record<string, unknown>): void;
  /** Forgets the retained values, which may be outdated. */
  dropRetainedValues(): void;
  /** Forgets the position and the retained values. */
  forget(): void;
}

type Events = { [Type in RoomEventType]: [data: never, meta: EventMeta] };

export function createRoomFeed(onFailure: OnFailure): RoomFeed {
  const retainedValues = createRetainedValues();
  const events = createEmitter<Events>(onFailure);
  let position: Position | undefined;

  function deliver(event: EventFrame, replayed: boolean): void {
    retainedValues.keep(event);
    events.emit(event.type, event.data as never, metaOf(event, replayed));
  }

  function accept(event: EventFrame): boolean {
    const { epoch, seq } = event;
    if (epoch !== undefined && seq !== undefined) {
      const verdict = judge(position, { ...event, epoch, seq });
      if (verdict !== 'take') return verdict === 'drop';
      position = { epoch, seq };
    }
    deliver(event, false);
    return true;
  }

  const has = ({ epoch, seq }: Record<string, unknown>): boolean =>
    position !== undefined && position.epoch === epoch && position.seq >= (seq as number);

  return {
    has,
    get position() {
      return position;
    },
    listen(type, listener) {
      const off = events.on(type, listener);
      for (const event of retainedValues.ofType(type)) {
        notify(listener, [event.data as never, metaOf(event, true)], type, onFailure);
      }
      return off;
    },
    hasListeners: () => !events.isEmpty(),
    dropListeners: events.clear,
    accept,
    catchUp(answer) {
      if (has(answer)) return;
      const { recovered, events: missed, snapshot, epoch, seq } = answer;
      if (recovered === true) for (const event of eventList(missed)) accept(event);
      else for (const event of eventList(snapshot)) deliver(event, true);
      if (typeof epoch !== 'string' || !Number.isSafeInteger(seq)) return;
      position = { epoch, seq: seq as number };
    },
    dropRetainedValues: retainedValues.clear,
    forget() {
      position = undefined;
      retainedValues.clear();
    },
  };
}

function metaOf(event: EventFrame, replayed: boolean): EventMeta {
  const { roomId, id, publishedAt, epoch = '', seq = 0 } = event;
  return { roomId, id, publishedAt, epoch, seq, replayed };
}
