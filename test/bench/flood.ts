import { setTimeout as sleep } from 'node:timers/promises';
import { seeded } from '../support/seeded.ts';
import type { BenchOptions } from './benches.ts';
import { startCountingEmulator } from './counting-emulator.ts';
import { DIRECT_SOURCE } from './direct-source.ts';
import { connectFloodClients, type FloodClients } from './flood-clients.ts';
import { type FloodRates, type FloodSource, floodSource } from './flood-events.ts';
import { publishFlood } from './flood-publisher.ts';
import { floodTable } from './flood-table.ts';
import { joinEverybody } from './join-everybody.ts';

/** How events come to members: by the room's stream, as single frames or packed, or each posted at once to each. */
export type FloodSide = 'single' | 'batch' | 'direct';

export interface FloodOptions extends FloodRates {
  members: number;
  seconds: number;
  /** The same flood before, which warms up and is not measured. */
  warmUpSeconds: number;
  /** How long the room may take, when nothing is published any more, until everybody has everything. */
  drainSeconds: number;
}

export interface FloodFigures {
  side: FloodSide;
  members: number;
  events: number;
  orders: number;
  posts: number;
  bytes: number;
  /** Of each event at each client that got it, from `publishedAt`; milliseconds. */
  lag: { median: number; percentile99: number };
  /** Clients that end with each order and the newest value of each position. */
  upToDate: number;
  /** Orders that came, a client. */
  ordersReceived: number;
  /** From the last publish to the last frame. */
  lastFrameSeconds: number;
}

const FLOOD: FloodOptions = {
  members: 200,
  updatesPerSecond: 250,
  positions: 50,
  ordersPerSecond: 5,
  seconds: 20,
  warmUpSeconds: 2,
  // Lambda retries an event that the stream refused after a minute.
  drainSeconds: 75,
};

const ROOM = 'room';
/** Nothing more comes when nothing came for so long. */
const QUIET_MS = 1_000;

export async function benchFlood({ quick }: BenchOptions): Promise<string> {
  const options = quick ? { ...FLOOD, members: 10, seconds: 1, warmUpSeconds: 0 } : FLOOD;
  const figures: FloodFigures[] = [];
  for (const side of ['direct', 'single', 'batch'] as const) figures.push(await measureFlood(side, options));
  return floodTable(figures);
}

/** On an emulator of its own, which is one process; the clients and the publisher are this one. */
export async function measureFlood(side: FloodSide, options: FloodOptions): Promise<FloodFigures> {
  const { members, seconds, warmUpSeconds, drainSeconds } = options;
  const emulator = await startCountingEmulator();
  const clients = await connectFloodClients(emulator.endpoint, members);
  await joinEverybody(emulator.endpoint, ROOM, { batch: side === 'batch' });
  const source = floodSource(options, seeded(1));
  const eventSource = side === 'direct' ? DIRECT_SOURCE : 'trade-room.bench';
  const flood = async (duration: number) => {
    const last = await publishFlood(emulator.endpoint, {
      source,
      eventSource,
      roomId: ROOM,
      seconds: duration,
    });
    await drained(clients, source, drainSeconds);
    return last;
  };
  if (warmUpSeconds > 0) await flood(warmUpSeconds);
  clients.reset();
  source.reset();
  const lastPublishedAt = await flood(seconds);
  const figures = figuresOf(clients, source, lastPublishedAt);
  // First the emulator: what it still has to post would find nobody.
  await emulator.close();
  clients.leave();
  return { side, members, ...figures };
}

/** Waits until everybody has everything and nothing more comes, or for as long as may be. */
async function drained(clients: FloodClients, source: FloodSource, most: number): Promise<void> {
  const until = Date.now() + most * 1000;
  while (Date.now() < until) {
    await sleep(QUIET_MS / 10);
    const isQuiet = Date.now() - clients.received().lastFrameAt > QUIET_MS;
    if (isQuiet && clients.upToDate(source.published()) === clients.size) return;
  }
}

function figuresOf(clients: FloodClients, source: FloodSource, lastPublishedAt: number) {
  const { frames, bytes, lags, lastFrameAt } = clients.received();
  const published = source.published();
  return {
    events: published.events,
    orders: published.orders.size,
    posts: frames,
    bytes,
    lag: { median: lags.percentile(0.5), percentile99: lags.percentile(0.99) },
    upToDate: clients.upToDate(published),
    ordersReceived: clients.orders() / clients.size,
    lastFrameSeconds: (lastFrameAt - lastPublishedAt) / 1000,
  };
}
