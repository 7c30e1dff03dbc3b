import { settings } from '../../lib/config/settings.ts';
import { BROADCAST_BUDGET_MS } from '../../lib/core/broadcast/broadcast-slice.ts';
import type { Store } from '../../lib/core/ports.ts';
import type { EventFrame } from '../../lib/protocol/server-messages.ts';
import { memoryStore } from '../support/memory-store.ts';
import { seeded } from '../support/seeded.ts';
import { createAws, type SimulatedAws } from './aws.ts';
import { type SimulatedClient, startClient } from './client.ts';
import { faultsOf } from './faults.ts';
import type { Mutant } from './mutants.ts';
import { lastingEvents, newestStates, type Truth, watch } from './truth.ts';
import { eventsOf, type Load } from './workload.ts';
import { createWorld, type World } from './world.ts';

export interface Simulated {
  seed: number;
  violations: string[];
  trace: string[];
  /** How much was simulated. */
  frames: number;
  events: number;
}

export interface SimulateOptions {
  mutant?: Mutant;
  /** Default: a store in memory. `pageSize` is how many members a page has, `logPageSize` how many events. */
  openStore?: (options: { clock: () => number; pageSize: number; logPageSize: number }) => Store;
}

const ROOMS = ['A', 'B'];
const REST_WITHIN_MS = 2 * 60 * 60 * 1000;

/** Runs the workload of a seed with its faults, waits until nothing is under way, and checks what every client has. */
export async function simulate(seed: number, options: SimulateOptions = {}): Promise<Simulated> {
  const { mutant = {}, openStore = memoryStore } = options;
  const choices = seeded(seed ^ 0x5eed);
  const world = createWorld(seed, faultsOf(choices));
  const pageSize = choices() < 0.3 ? 2 : 1_500;
  // Sometimes so short that a client that was away for long comes too late to recover.
  const logTtlMs = (choices() < 0.3 ? settings.recoverySeconds.min : 24 * 60 * 60) * 1000;
  const membersPerSlice = choices() < 0.5 ? 1 : 1_000_000;
  // Sometimes events are so large that a delivery sends only one, and a burst becomes a long chain of deliveries.
  const isLarge = choices() < 0.2;
  const logPageSize = isLarge ? 1 : 1_000;
  const truth = watch(world, openStore({ clock: world.time.now, pageSize, logPageSize }));
  const { store, cursor: readOrCreateCursor } = truth;
  const aws = createAws(world, { store, readOrCreateCursor, mutant, logTtlMs, membersPerSlice });
  const observed = rawEvents(world, truth);
  const clients = ['single', 'packed', 'third'].map((name) =>
    startClient(world, aws, name, name === 'third' ? ['A'] : ROOMS, observed.onRawEvent),
  );
  const published = await world.time.run(workload(world, aws, truth, isLarge ? 'long bursts' : 'bursts'));
  world.heal();
  await world.time.run(atRest(world, aws, clients));
  // Clients have everything without asking, unless a function crashed or a message was dead-lettered.
  if (!world.hasCrashed && !aws.streams.hasGivenUp)
    for (const client of clients) holdsAll(world, aws, truth, client);
  for (const client of clients) client.check();
  await world.time.run(world.delay(1_000).then(() => atRest(world, aws, clients)));
  nothingIsLost(world, aws, truth, published);
  for (const client of clients) holdsAll(world, aws, truth, client);
  return {
    seed,
    violations: world.violations,
    trace: world.trace,
    frames: observed.count(),
    events: published.length,
  };
}

async function workload(world: World, aws: SimulatedAws, truth: Truth, load: Load): Promise<string[]> {
  const events = eventsOf(world, ROOMS, load);
  for (const { event, after } of events) {
    await world.delay(after);
    if (world.chance(world.faults.cursorLoss)) await truth.loseCursor(event.roomId);
    if (world.chance(world.faults.outage)) beginOutage(world);
    aws.publish({
      ...event,
      ...(event.publishedAt !== undefined && { publishedAt: world.time.now() - event.publishedAt }),
    });
  }
  await world.delay(world.between(0, 20_000));
  while (world.time.now() < world.outageUntil) await world.delay(1_000);
  return events.map(({ event }) => event.id);
}

function beginOutage(world: World): void {
  const milliseconds = world.between(1_000, 400_000);
  world.outageUntil = world.time.now() + milliseconds;
  // An outage that is longer than a broadcast loses writes, as a crash does.
  if (milliseconds > BROADCAST_BUDGET_MS) world.hasCrashed = true;
  world.note(`DynamoDB is out for ${milliseconds} ms`);
}

async function atRest(world: World, aws: SimulatedAws, clients: readonly SimulatedClient[]): Promise<void> {
  const until = world.time.now() + REST_WITHIN_MS;
  const rests = () => aws.isIdle() && clients.every((client) => client.isSettled());
  while (!rests() && world.time.now() < until) await world.delay(500);
  if (!rests()) world.violated('something is still under way after two hours');
}

/**
 * Frames reach a connection in the order of their numbers. Repeated posts, and frames of a function that crashed, may come
 * again later.
 */
function rawEvents(world: World, truth: Truth) {
  const highest = new Map<string, number>();
  let count = 0;
  return {
    count: () => count,
    onRawEvent(connectionId: string, frame: EventFrame): void {
      count += 1;
      truth.frame(frame);
      const name = `${connectionId} ${frame.roomId} ${frame.epoch}`;
      const before = highest.get(name) ?? 0;
      if (frame.seq <= before && !world.hasCrashed && !world.hasRepeated) {
        world.violated(`${connectionId} gets ${frame.seq} of ${frame.roomId} after ${before}`);
      }
      highest.set(name, Math.max(before, frame.seq));
    },
  };
}

/** Every published event is in the log of its room, in the order of the stream, or in a dead-letter queue. */
function nothingIsLost(world: World, aws: SimulatedAws, truth: Truth, published: readonly string[]): void {
  const { taken, deadLetters } = aws.streams;
  const entered = new Set(taken.map(({ id }) => id));
  for (const id of published) {
    if (!entered.has(id) && !aws.deadEvents.has(id)) world.violated(`${id} never entered a stream`);
  }
  for (const roomId of ROOMS) {
    const inStream = taken.filter((event) => event.roomId === roomId).map(({ id }) => id);
    const logged = truth.allEvents(roomId).map(({ id }) => id);
    const expected = inStream.filter((id) => logged.includes(id) || !deadLetters.has(id));
    // A room whose cursor is lost does not know its last batch. The batch is logged again, in the new epoch.
    const isOne = logged.length === truth.events(roomId).length;
    const found = isOne ? logged : [...new Set(logged)];
    if (found.join() !== expected.join())
      world.violated(`the log of ${roomId} is ${found}, its stream was ${expected}`);
    for (const id of new Set(found.filter((each, index) => found.indexOf(each) < index))) {
      world.violated(`${id} has two numbers in ${roomId}`);
    }
  }
}

/** A client has every order since it joined, and the newest event of each state. */
function holdsAll(world: World, aws: SimulatedAws, truth: Truth, { name, rooms }: SimulatedClient): void {
  for (const [roomId, view] of rooms) {
    const events = truth.events(roomId);
    const missing = lastingEvents(events).filter(({ seq, id }) => seq > view.base && !view.orders.has(id));
    for (const { id, seq } of missing) world.violated(`${name} has not ${id}, number ${seq} of ${roomId}`);
    const expected = newestStates(events);
    for (const key of new Set([...expected.keys(), ...view.states.keys()])) {
      const [has, should] = [view.states.get(key), expected.get(key)];
      // A dead-lettered event may have been logged, and may have expired before it was sent.
      if (has === should || aws.streams.deadLetters.has(should ?? '')) continue;
      world.violated(`${name} holds ${has} as ${key} of ${roomId}, not ${should}`);
    }
  }
}
