import type { BroadcastDeps } from '../../lib/core/broadcast/broadcast.ts';
import { collectGarbage } from '../support/collect-garbage.ts';
import { sendToRoom } from '../support/send-to-room.ts';
import { type BenchBroadcaster, startBenchBroadcaster } from './bench-broadcaster.ts';
import type { BenchOptions } from './benches.ts';
import { growthTable } from './growth-table.ts';
import { median } from './median.ts';
import { connectionIds, putMembers } from './room-rows.ts';

const SIZES = [10, 100, 1_000, 10_000];
const FRAME = 'x'.repeat(2_000);
/** Posts from one look at the heap to the next: seldom, as posts that wait for it would look slow. */
const LOOK_EVERY = 1_000;

/** Of one member. */
interface Cost {
  /** User and system time of the broadcasting process. */
  cpuMicroseconds: number;
  posts: number;
  readUnits: number;
}

/** What a broadcast takes; medians. */
export interface GrowthFigures extends Cost {
  members: number;
  /** Of the whole broadcast: what was in use at most, garbage apart, and was not before. */
  bytes: number;
}

/** How the cost of a member grows with the room. */
export async function benchGrowth({ quick }: BenchOptions): Promise<string> {
  const broadcaster = await startBenchBroadcaster();
  const figures = await measureGrowth(
    broadcaster,
    quick ? { sizes: [10, 50], rounds: 1, posts: 50 } : { sizes: SIZES, rounds: 12, posts: 1_000 },
  );
  await broadcaster.close();
  return growthTable(figures);
}

/** The sizes take turns, of so many posts at least; the first round of several warms up. */
export async function measureGrowth(
  broadcaster: BenchBroadcaster,
  { sizes, rounds, posts }: { sizes: readonly number[]; rounds: number; posts: number },
): Promise<GrowthFigures[]> {
  const { deps } = broadcaster;
  for (const members of sizes) await putMembers(deps.store, roomOf(members), connectionIds(members));
  const costs = await inTurns(sizes, rounds, (members) =>
    costOf(broadcaster, members, Math.ceil(posts / members)),
  );
  // Not in the same turns: a collection that is asked for throws away compiled code as well.
  const memory = await inTurns(sizes, Math.ceil(rounds / 3), (members) => memoryOf(deps, members));
  return sizes.map((members) => {
    const medianOf = (of: (cost: Cost) => number) => median(costs.get(members)?.map(of) ?? []);
    return {
      members,
      cpuMicroseconds: medianOf(({ cpuMicroseconds }) => cpuMicroseconds),
      posts: medianOf(({ posts }) => posts),
      readUnits: medianOf((cost) => cost.readUnits),
      bytes: median(memory.get(members) ?? []),
    };
  });
}

async function inTurns<Sample>(
  sizes: readonly number[],
  rounds: number,
  measure: (members: number) => Promise<Sample>,
): Promise<Map<number, Sample[]>> {
  const samples = new Map(sizes.map((size): [number, Sample[]] => [size, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const [size, measured] of samples) {
      const sample = await measure(size);
      if (round > 1 || rounds === 1) measured.push(sample);
    }
  }
  return samples;
}

const roomOf = (members: number) => `room-of-${members}`;

/** Of many broadcasts, where a room is small: each pays its share of what is collected now and then. */
async function costOf(
  { deps, readUnits }: BenchBroadcaster,
  members: number,
  broadcasts: number,
): Promise<Cost> {
  const unitsBefore = readUnits();
  const before = process.cpuUsage();
  let posts = 0;
  for (let done = 0; done < broadcasts; done += 1) posts += (await deliver(deps, members)).posts;
  const { user, system } = process.cpuUsage(before);
  const served = members * broadcasts;
  return {
    cpuMicroseconds: (user + system) / served,
    posts: posts / served,
    readUnits: (readUnits() - unitsBefore) / served,
  };
}

/** What is in use at most, garbage apart, and is not before, or not any more after. */
async function memoryOf(deps: BroadcastDeps, members: number): Promise<number> {
  const lookEvery = Math.min(LOOK_EVERY, Math.ceil(members / 3));
  const before = bytesInUse();
  let most = 0;
  let posts = 0;
  const post: BroadcastDeps['gateway']['post'] = (connectionId, frame) => {
    if (posts % lookEvery === 0) most = Math.max(most, bytesInUse());
    posts += 1;
    return deps.gateway.post(connectionId, frame);
  };
  await deliver({ ...deps, gateway: { ...deps.gateway, post } }, members);
  return most - Math.min(before, bytesInUse());
}

/** One collection leaves something behind, now this, now that. */
function bytesInUse(): number {
  for (let times = 0; times < 3; times += 1) collectGarbage();
  return process.memoryUsage().heapUsed;
}

async function deliver(deps: BroadcastDeps, members: number) {
  const result = await sendToRoom(deps, roomOf(members), FRAME);
  if (result.delivered !== members)
    throw new Error(`${result.delivered} of ${members} members have the frame`);
  return result;
}
