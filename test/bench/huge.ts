import { createHash } from 'node:crypto';
import { postsPerSecond } from '../../lib/config/post-quota.ts';
import { type BroadcastDeps, broadcast } from '../../lib/core/broadcast.ts';
import { broadcastPart } from '../../lib/core/broadcast-part.ts';
import type { BroadcastResult } from '../../lib/core/broadcast-result.ts';
import type { Gateway, HandOver, Member, MembersPage, PostOutcome, Store } from '../../lib/core/ports.ts';
import type { RoomPart } from '../../lib/core/room-part.ts';
import { START, type VirtualTime, virtualTime } from '../support/virtual-time.ts';
import type { BenchOptions } from './benches.ts';
import { measurePosts } from './post.ts';
import { startStubApiGateway } from './stub-api-gateway.ts';

export const HUGE_AIM = 1.3;

export interface HugeOptions {
  members: number;
  /** Posts a second that API Gateway takes. */
  quota: number;
  /** What the stack was told of it. */
  believedQuota?: number;
  /** CPU of one post, in milliseconds; a function has one core. */
  cpuMs: number;
}

export interface HugeFigures extends HugeOptions {
  result: BroadcastResult;
  /** Until the last member has the frame. */
  seconds: number;
  /** To members ÷ quota. */
  ratio: number;
}

/** A bucket that AWS sets and nobody can have raised. */
const BURST = 5_000;
const QUERY_MS = 10;
const PAGE_SIZE = 1_000;
/** What a worker takes to start when none is warm. */
const COLD_START_MS = 250;

/** Charged with the CPU that a post takes on this machine. */
export async function benchHuge({ quick }: BenchOptions): Promise<string> {
  const stub = await startStubApiGateway();
  const [, { ourMicroseconds } = { ourMicroseconds: Number.NaN }] = await measurePosts(
    stub.endpoint,
    quick ? { rounds: 1, posts: 100 } : { rounds: 5, posts: 3_000 },
  );
  await stub.close();
  const figures: HugeFigures[] = [];
  for (const quota of [10_000, 50_000]) {
    const members = quick ? 20_000 : 100_000;
    figures.push(await measureHuge({ members, quota, cpuMs: ourMicroseconds / 1000 }));
  }
  return hugeTable(figures);
}

/** One broadcast to a room by the code of the core, in virtual time, over as many functions as it asks for. */
export async function measureHuge(options: HugeOptions): Promise<HugeFigures> {
  const time = virtualTime(seeded(1));
  const endpoint = stubEndpoint(time, options.quota);
  const store = storeOf(time, options.members);
  const functionDeps = () => ({
    ...time,
    store,
    gateway: gatewayOn(time, endpoint, options.cpuMs),
    onError: (message: string, error: unknown) => {
      throw new Error(message, { cause: error });
    },
  });
  const handOver: HandOver = async (work) => {
    await time.sleep(COLD_START_MS);
    return { outcome: 'done', result: await broadcastPart(functionDeps(), work) };
  };
  const allowed = postsPerSecond(options.believedQuota ?? options.quota);
  const deps: BroadcastDeps = { ...functionDeps(), handOver, postsPerSecond: allowed };
  const result = await time.run(broadcast(deps, 'room', new Uint8Array(2_048)));
  const seconds = (result.lastPostAt - START) / 1000;
  return { ...options, result, seconds, ratio: seconds / (options.members / options.quota) };
}

/** API Gateway: a token bucket, and 15 ms until it answers; two answers of a hundred take 100 ms. */
function stubEndpoint({ clock, sleep, random }: VirtualTime, quota: number) {
  let tokens = BURST;
  let refilledAt = clock();
  return async (): Promise<PostOutcome> => {
    tokens = Math.min(BURST, tokens + ((clock() - refilledAt) / 1000) * quota);
    refilledAt = clock();
    const outcome = tokens >= 1 ? 'delivered' : 'throttled';
    if (outcome === 'delivered') tokens -= 1;
    await sleep(random() < 0.02 ? 100 : 15);
    return outcome;
  };
}

/** The gateway of one function: a post goes out when its core has had the time for it. */
function gatewayOn({ clock, sleep }: VirtualTime, send: () => Promise<PostOutcome>, cpuMs: number): Gateway {
  let busyUntil = clock();
  const call = async () => {
    busyUntil = Math.max(busyUntil, clock()) + cpuMs;
    await sleep(busyUntil - clock());
    return send();
  };
  return { post: call, close: call };
}

type Members = Pick<Store, 'readMembers'>;

/** A room in the order of DynamoDB's keys. It has nothing that a broadcast to valid members could write. */
function storeOf({ sleep }: VirtualTime, count: number): Store {
  const rows = Array.from({ length: count }, (_, index) => {
    const connectionId = `member-${index}=`;
    const position = createHash('sha256').update(connectionId).digest().readUInt32BE();
    return { position, member: { connectionId, tokenExpiresAt: Number.MAX_SAFE_INTEGER, version: 1 } };
  }).sort((one, other) => one.position - other.position);
  const members: Members = {
    async readMembers(_, part) {
      await sleep(QUERY_MS);
      return pageOf(rows, part);
    },
  };
  return members as Store;
}

function pageOf(rows: readonly { position: number; member: Member }[], part: RoomPart): MembersPage {
  const begin = part.after === undefined ? firstAt(rows, part.from) : Number(part.after) + 1;
  const end = Math.min(begin + PAGE_SIZE, firstAt(rows, part.to));
  const members = rows.slice(begin, end).map(({ member }) => member);
  const last = rows[end - 1];
  const isLast = end - begin < PAGE_SIZE || last === undefined;
  return { members, rest: isLast ? undefined : { from: last.position, to: part.to, after: String(end - 1) } };
}

/** Index of the first row at this position or behind it. */
function firstAt(rows: readonly { position: number }[], position: number): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle]?.position ?? position) < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The same numbers in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The figures as a Markdown table, the aim beside them. */
export function hugeTable(figures: readonly HugeFigures[]): string {
  const rows = figures.map(({ members, quota, cpuMs, result, seconds, ratio }) =>
    [
      '',
      members.toLocaleString('en-US'),
      quota.toLocaleString('en-US'),
      Math.round(cpuMs * 1000),
      result.functions,
      result.throttled.toLocaleString('en-US'),
      (members / quota).toFixed(1),
      seconds.toFixed(1),
      ratio.toFixed(2),
      ratio <= HUGE_AIM && result.delivered === members ? 'yes' : 'no',
      '',
    ]
      .join(' | ')
      .trim(),
  );
  return [
    `| members | quota, posts/s | µs CPU a post | functions | 429 | members ÷ quota, s | last member, s | ratio | ≤ ${HUGE_AIM} |`,
    '|---|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}
