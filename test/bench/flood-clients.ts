import { connectClients } from './crowd.ts';
import { eventsIn, type Published, type ReceivedEvent } from './flood-events.ts';
import { createLags, type Lags } from './lags.ts';

/** What came to all clients since the last reset. */
export interface Received {
  /** A post is a frame. */
  frames: number;
  bytes: number;
  /** Of each event at each client, from `publishedAt`. */
  lags: Lags;
  /** Epoch milliseconds. */
  lastFrameAt: number;
}

export interface FloodClients {
  size: number;
  received(): Received;
  /** How many clients have each order, and as the last of each position the newest. */
  upToDate(published: Published): number;
  /** Orders that they have, all together; each counts once a client. */
  orders(): number;
  reset(): void;
  leave(): void;
}

interface Client {
  /** Of each position the event that came last, whatever its time: so the frontend does it. */
  last: Map<number, number>;
  orders: Set<number>;
}

/** Clients of one room in this process. All get the same texts, so each text is parsed once. */
export async function connectFloodClients(endpoint: string, size: number): Promise<FloodClients> {
  const clients: Client[] = Array.from({ length: size }, () => ({ last: new Map(), orders: new Set() }));
  const parsed = new Map<string, ReceivedEvent[]>();
  const nothing = (): Received => ({ frames: 0, bytes: 0, lags: createLags(), lastFrameAt: 0 });
  let received = nothing();

  function parse(frame: Buffer): ReceivedEvent[] {
    const text = frame.toString();
    const events = parsed.get(text) ?? eventsIn(text);
    parsed.set(text, events);
    return events;
  }

  const leave = await connectClients(endpoint, size, (number, frame) => {
    const client = clients[number];
    const now = Date.now();
    received.frames += 1;
    received.bytes += frame.length;
    received.lastFrameAt = now;
    for (const { number: event, position, publishedAt } of parse(frame)) {
      received.lags.add(now - publishedAt);
      if (position === undefined) client?.orders.add(event);
      else client?.last.set(position, event);
    }
  });

  return {
    size,
    received: () => received,
    upToDate: ({ newest, orders }) =>
      clients.filter(
        (client) =>
          client.orders.size === orders.size &&
          [...newest].every(([position, event]) => client.last.get(position) === event),
      ).length,
    orders: () => clients.reduce((sum, client) => sum + client.orders.size, 0),
    reset() {
      received = nothing();
      parsed.clear();
      for (const { last, orders } of clients) {
        last.clear();
        orders.clear();
      }
    },
    leave,
  };
}
