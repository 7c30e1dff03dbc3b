import { postsPerSecond } from '../../lib/config/read-settings.ts';
import { settings } from '../../lib/config/settings.ts';
import type { BroadcastDeps } from '../../lib/core/broadcast/broadcast.ts';
import { postingProcess } from '../../lib/core/broadcast/broadcast-slice.ts';
import { addResults, type BroadcastResult, NOTHING_DONE } from '../../lib/core/broadcast-result.ts';
import type { PostOutcome, Store } from '../../lib/core/ports.ts';
import { noLog } from '../support/recording-log.ts';
import { seeded } from '../support/seeded.ts';
import { sendToRoom } from '../support/send-to-room.ts';
import { type VirtualTime, virtualTime } from '../support/virtual-time.ts';
import type { BenchOptions } from './benches.ts';
import { sharedTable } from './shared-table.ts';
import { gatewayOnOneCore, virtualApiGateway, virtualRoom } from './virtual-aws.ts';

export interface SharedCase {
  /** Broadcasts that begin at the same time, each in a process of its own. */
  rooms: number;
  members: number;
  frames: number;
  /** Whether the processes have delivered as much a moment ago, and know what 429 has taught. */
  isWarm?: boolean;
  /** Whether each is told its share of the quota, which nobody knows on AWS: what would be best. */
  isDivided?: boolean;
}

export interface SharedFigures extends SharedCase {
  /** Of all rooms together. */
  result: BroadcastResult;
  /** Connections that were closed: none of the members wants to leave. */
  disconnected: number;
  /** Until the last member of the last room has its last frame. */
  seconds: number;
}

const CASES: readonly SharedCase[] = [
  { rooms: 1, members: 1_000, frames: 1 },
  { rooms: 10, members: 1_000, frames: 1 },
  { rooms: 10, members: 1_000, frames: 1, isDivided: true },
  { rooms: 10, members: 1_000, frames: 1, isWarm: true },
  { rooms: 10, members: 1_000, frames: 3 },
  { rooms: 10, members: 1_000, frames: 3, isDivided: true },
  { rooms: 10, members: 1_000, frames: 20 },
  { rooms: 50, members: 1_000, frames: 1 },
  { rooms: 50, members: 1_000, frames: 1, isDivided: true },
  { rooms: 50, members: 1_000, frames: 1, isWarm: true },
  { rooms: 50, members: 1_000, frames: 3 },
  { rooms: 50, members: 1_000, frames: 3, isDivided: true },
];
const QUICK: readonly SharedCase[] = [{ rooms: 3, members: 100, frames: 1 }];

/** CPU of a post of 2 KB as an earlier machine took it for `post`, times three: processes that are not too slow to compete. */
const CPU_MS = 0.15;
const FRAME = 'x'.repeat(500);

/** Broadcasts at the same time under the quota of one account, which know of each other only by 429. */
export async function benchShared({ quick }: BenchOptions): Promise<string> {
  const figures: SharedFigures[] = [];
  for (const one of quick ? QUICK : CASES) figures.push(await measureShared(one));
  return sharedTable(figures);
}

/** By the code of the core, in virtual time. */
export async function measureShared(options: SharedCase): Promise<SharedFigures> {
  const { rooms, members, frames, isWarm = false, isDivided = false } = options;
  const time = virtualTime(seeded(1));
  const send = virtualApiGateway(time, settings.postQuota.default);
  let disconnected = 0;
  const onClose = () => {
    disconnected += 1;
  };
  const share = postsPerSecond() / (isDivided ? rooms : 1);
  const processes = Array.from({ length: rooms }, () => processOf({ time, send, members, share, onClose }));
  const deliver = () =>
    Promise.all(
      processes.map((deps) => sendToRoom(deps, 'room', ...Array.from({ length: frames }, () => FRAME))),
    );
  if (isWarm) await time.run(deliver());
  const startedAt = time.clock();
  const result = (await time.run(deliver())).reduce(addResults, NOTHING_DONE);
  return { ...options, result, disconnected, seconds: (result.lastDeliveryAt - startedAt) / 1000 };
}

interface Process {
  time: VirtualTime;
  send: () => Promise<PostOutcome>;
  members: number;
  /** Posts a second that it is told it may make. */
  share: number;
  onClose: () => void;
}

/** A function that serves a room of its own. */
function processOf({ time, send, members, share, onClose }: Process): BroadcastDeps {
  const { post, close } = gatewayOnOneCore(time, send, CPU_MS);
  const noRow = async () => undefined;
  const store: Store = {
    ...virtualRoom(time, members),
    deleteConnection: noRow,
    deleteMembership: noRow,
  };
  return {
    ...time,
    ...postingProcess(time),
    store,
    gateway: {
      post,
      close(connectionId) {
        onClose();
        return close(connectionId);
      },
    },
    postsPerSecond: share,
    membersPerSlice: Number.POSITIVE_INFINITY,
    invokeWorker: async () => ({ outcome: 'not_run', error: new Error('There is one function') }),
    // Of a broadcast whose time is up, which the result tells.
    log: noLog,
  };
}
