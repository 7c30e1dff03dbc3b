import { sampleEvents } from '../../lib/protocol/sample-events.ts';

/** One event of a flood. Its number grows with time. */
export interface FloodEvent {
  number: number;
  /** Undefined where it is an order. */
  position: number | undefined;
}

/** The room as it should be: what has been published. */
export interface Published {
  events: number;
  /** The newest event of each position. */
  newest: ReadonlyMap<number, number>;
  orders: ReadonlySet<number>;
}

export interface FloodRates {
  updatesPerSecond: number;
  positions: number;
  ordersPerSecond: number;
}

export interface FloodSource {
  /** The events of the next 40 ms, at random, no position twice: two values of the same time would have no order. */
  next(): FloodEvent[];
  published(): Published;
  /** Counts anew; the numbers go on. */
  reset(): void;
}

export const TICK_MS = 40;

export function floodSource(
  { updatesPerSecond, positions, ordersPerSecond }: FloodRates,
  random: () => number,
): FloodSource {
  let [number, ticks, events] = [0, 0, 0];
  const newest = new Map<number, number>();
  const orders = new Set<number>();
  const due = (perSecond: number) =>
    Math.floor((ticks * perSecond * TICK_MS) / 1000) - Math.floor(((ticks - 1) * perSecond * TICK_MS) / 1000);

  function nextOf(position: number | undefined): FloodEvent {
    number += 1;
    events += 1;
    if (position === undefined) orders.add(number);
    else newest.set(position, number);
    return { number, position };
  }

  return {
    next() {
      ticks += 1;
      const chosen = new Set<number>();
      while (chosen.size < due(updatesPerSecond)) chosen.add(Math.floor(random() * positions));
      const updates = [...chosen].map(nextOf);
      return [...updates, ...Array.from({ length: due(ordersPerSecond) }, () => nextOf(undefined))];
    },
    published: () => ({ events, newest, orders }),
    reset() {
      events = 0;
      newest.clear();
      orders.clear();
    },
  };
}

const ID_START = '00000000-0000-4000-8000-';

/** `DetailType` and `Detail` of an event, as long as those of the services. */
export function entryOf({ number, position }: FloodEvent, roomId: string, publishedAt: number) {
  const type = position === undefined ? 'order_executed' : 'position_update';
  const data = sampleEvents[type](roomId, new Date(publishedAt).toISOString());
  const id = `${ID_START}${String(number).padStart(12, '0')}`;
  const named = position === undefined ? { ...data, orderId: id } : { ...data, positionId: position };
  return { DetailType: type, Detail: JSON.stringify({ roomId, id, publishedAt, data: named }) };
}

/** What a client receives of it. */
export interface ReceivedEvent extends FloodEvent {
  publishedAt: number;
}

interface Frame {
  type: string;
  id: string;
  publishedAt: number;
  data: { positionId?: number; events?: Frame[] };
}

/** The events in a frame, which may be a batch. */
export function eventsIn(text: string): ReceivedEvent[] {
  const frame: Frame = JSON.parse(text);
  return (frame.data.events ?? [frame]).map(({ id, publishedAt, data }) => ({
    number: Number(id.slice(ID_START.length)),
    position: data.positionId,
    publishedAt,
  }));
}
