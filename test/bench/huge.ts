import { postsPerSecond } from '../../lib/config/read-settings.ts';
import type { BroadcastDeps } from '../../lib/core/broadcast/broadcast.ts';
import { broadcastSlice, postingProcess } from '../../lib/core/broadcast/broadcast-slice.ts';
import type { BroadcastResult } from '../../lib/core/broadcast-result.ts';
import type { InvokeWorker } from '../../lib/core/ports.ts';
import { failOnError } from '../support/handlers.ts';
import { seeded } from '../support/seeded.ts';
import { sendToRoom } from '../support/send-to-room.ts';
import { START, virtualTime } from '../support/virtual-time.ts';
import type { BenchOptions } from './benches.ts';
import { hugeTable } from './huge-table.ts';
import { measurePosts } from './post.ts';
import { startStubApiGateway } from './stub-api-gateway.ts';
import { gatewayOnOneCore, virtualApiGateway, virtualRoom } from './virtual-aws.ts';

export interface HugeOptions {
  members: number;
  /** Posts a second that API Gateway takes. */
  quota: number;
  /** What the stack was told of it. */
  believedQuota?: number;
  /** CPU of one post, in milliseconds. */
  cpuMs: number;
}

export interface HugeFigures extends HugeOptions {
  result: BroadcastResult;
  /** Until the last member has the frame. */
  seconds: number;
  /** To members ÷ quota. */
  ratio: number;
}

/** What a worker takes to start when none is warm. */
const COLD_START_MS = 250;

/** Charged with the CPU that a post takes on this machine. */
export async function benchHuge({ quick }: BenchOptions): Promise<string> {
  const stub = await startStubApiGateway();
  const amount = quick ? { rounds: 1, posts: 100 } : { rounds: 5, posts: 3_000 };
  const posts = await measurePosts(stub.endpoint, amount);
  await stub.close();
  const microseconds = posts.find(({ bytes }) => bytes === 2_000)?.ourMicroseconds ?? Number.NaN;
  const figures: HugeFigures[] = [];
  for (const quota of [10_000, 50_000]) {
    const members = quick ? 20_000 : 100_000;
    figures.push(await measureHuge({ members, quota, cpuMs: microseconds / 1000 }));
  }
  return hugeTable(figures);
}

/** One broadcast by the code of the core, in virtual time, over as many functions as it asks for. */
export async function measureHuge(options: HugeOptions): Promise<HugeFigures> {
  const { members, quota, believedQuota = quota, cpuMs } = options;
  const time = virtualTime(seeded(1));
  const send = virtualApiGateway(time, quota);
  const store = virtualRoom(time, members);
  const functionDeps = () => ({
    ...time,
    ...postingProcess(time),
    store,
    gateway: gatewayOnOneCore(time, send, cpuMs),
    log: failOnError,
  });
  const invokeWorker: InvokeWorker = async (work) => {
    await time.sleep(COLD_START_MS);
    return { outcome: 'done', result: await broadcastSlice(functionDeps(), work) };
  };
  const deps: BroadcastDeps = {
    ...functionDeps(),
    invokeWorker,
    postsPerSecond: postsPerSecond({ postQuota: believedQuota }),
  };
  const result = await time.run(sendToRoom(deps, 'room', 'x'.repeat(2_000)));
  const seconds = (result.lastDeliveryAt - START) / 1000;
  return { ...options, result, seconds, ratio: seconds / (members / quota) };
}
