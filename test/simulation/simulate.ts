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
  /** What was simulated, to know that it was not nothing. */
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

/** Runs everything that a seed says, waits until all is at rest again, and looks at what every client holds. */
export async function simulate(seed: number, options: SimulateOptions = {}): Promise<Simulated> {
  const { mutant = {}, openStore = memoryStore } = options;
  const choices = seeded(seed ^ 0x5eed);
  const world = createWorld(seed, faultsOf(choices));
  const pageSize = choices() < 0.3 ? 2 : 1_500;
  // Now and then short, but longer than a room may wait: a client that was away long comes too late.
  const logTtlMs = (choices() < 0.3 ? settings.recoverySeconds.min : 24 * 60 * 60) * 1000;
  const membersPerSlice = choices() < 0.5 ? 1 : 1_000_000;
  // Now and then so large are the events that a delivery brings one, and a burst is a long chain of them.
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
  // Nobody has had to ask, but where a function died between removing a member and closing it, or before it sent.
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
    if (world.chance(world.faults.cursorLoss)) await truth.loseHead(event.roomId);
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
  // What cannot be written for longer than a broadcast goes on is as lost as by a crash.
  if (milliseconds > BROADCAST_BUDGET_MS) world.hasCrashed = true;
  world.note(`DynamoDB is out for ${milliseconds} ms`);
}

async function atRest(world: World, aws: SimulatedAws, clients: readonly SimulatedClient[]): Promise<void> {
  const until = world.time.now() + REST_WITHIN_MS;
  const rests = () => aws.isIdle() && clients.every((client) => client.isSettled());
  while (!rests() && world.time.now() < until) await world.delay(500);
  if (!rests()) world.violated('two hours later all is not yet at rest');
}

/** P10, for a client that knows nothing of numbers: ascending, but for what was sent already, by a function that died or twice. */
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

/** P11: whatever was put is in its room's log, in the order of the stream, or among the dead letters. */
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
    // What a room's last batch was, when its cursor was lost, nobody knows: it is logged once more, in the new epoch.
    const isOne = logged.length === truth.events(roomId).length;
    const found = isOne ? logged : [...new Set(logged)];
    if (found.join() !== expected.join())
      world.violated(`the log of ${roomId} is ${found}, its stream was ${expected}`);
    for (const id of new Set(found.filter((each, index) => found.indexOf(each) < index))) {
      world.violated(`${id} has two numbers in ${roomId}`);
    }
  }
}

/** P11: every order since the client came, and the newest of each state. */
function holdsAll(world: World, aws: SimulatedAws, truth: Truth, { name, rooms }: SimulatedClient): void {
  for (const [roomId, view] of rooms) {
    const events = truth.events(roomId);
    const missing = lastingEvents(events).filter(({ seq, id }) => seq > view.base && !view.orders.has(id));
    for (const { id, seq } of missing) world.violated(`${name} has not ${id}, number ${seq} of ${roomId}`);
    const expected = newestStates(events);
    for (const key of new Set([...expected.keys(), ...view.states.keys()])) {
      const [has, should] = [view.states.get(key), expected.get(key)];
      // One that was logged and then given up may have expired before anything was sent.
      if (has === should || aws.streams.deadLetters.has(should ?? '')) continue;
      world.violated(`${name} holds ${has} as ${key} of ${roomId}, not ${should}`);
    }
  }
}
