import { stateKey } from '../../lib/protocol/conflation.ts';
import type { EventFrame, ServerAnswer } from '../../lib/protocol/server-messages.ts';

export type Subscribed = Extract<ServerAnswer, { type: 'room_subscribed' }>['data'];

/** What a client knows of a room, as docs/protocol.md tells clients to keep it. */
export interface RoomView {
  /** The position from which it can recover. Undefined before the first answer. */
  readonly since: { epoch: string; seq: number } | undefined;
  /** All events after this number are known, over all connections. */
  readonly base: number;
  readonly orders: ReadonlySet<string>;
  /** State → id of the event that is its value. */
  readonly states: ReadonlyMap<string, string>;
  /** Whether the subscribe of this connection was answered. Until then events are held back. */
  readonly isLive: boolean;
  /** A subscribe was sent. */
  hold(): void;
  subscribed(answer: Subscribed): void;
  event(frame: EventFrame): void;
}

/** `onGap` is told of a frame that does not follow the last one. */
export function createRoomView(onGap: (frame: EventFrame, last: number) => void): RoomView {
  let [epoch, last, base, isLive]: [string | undefined, number, number, boolean] = [undefined, 0, 0, false];
  const held: EventFrame[] = [];
  const orders = new Set<string>();
  const states = new Map<string, string>();

  function take({ type, data, id }: EventFrame): void {
    const key = stateKey(type, data);
    if (type === 'position_closed') states.delete(key ?? '');
    else if (key !== undefined) states.set(key, id);
    if (key === undefined || type === 'position_closed') orders.add(id);
  }

  function apply(frame: EventFrame): void {
    if (frame.epoch !== epoch || (frame.prev ?? 0) > last) {
      // The recovery brings it again, with the events that are missing.
      onGap(frame, last);
      return;
    }
    if (frame.seq <= last) return;
    take(frame);
    last = frame.seq;
  }

  function startFrom(answer: Subscribed): void {
    [epoch, base] = [answer.epoch, answer.seq];
    orders.clear();
    states.clear();
    for (const value of answer.snapshot ?? []) take(value);
  }

  return {
    get since() {
      return epoch === undefined ? undefined : { epoch, seq: last };
    },
    get base() {
      return base;
    },
    get isLive() {
      return isLive;
    },
    orders,
    states,
    hold() {
      isLive = false;
      // They came on an older connection, which may have missed some.
      held.length = 0;
    },
    subscribed(answer) {
      if (answer.recovered) for (const missed of answer.events ?? []) apply(missed);
      else startFrom(answer);
      last = answer.recovered ? Math.max(last, answer.seq) : answer.seq;
      isLive = true;
      for (const frame of held.splice(0)) apply(frame);
    },
    event(frame) {
      if (isLive) apply(frame);
      else held.push(frame);
    },
  };
}
