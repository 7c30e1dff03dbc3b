import { type PostingProcess, postingProcess } from '../../../../lib/core/broadcast/broadcast-slice.ts';
import type { Store } from '../../../../lib/core/ports.ts';
import type { Head } from '../../../../lib/core/room-log.ts';
import { append } from '../../../../lib/core/stream/append.ts';
import { type LaneDeps, type LaneMessage, serveLane } from '../../../../lib/core/stream/consume-room.ts';
import { type FlushReport, flush } from '../../../../lib/core/stream/deliver.ts';
import { memoryStore } from '../../../support/memory-store.ts';
import { errorsInto } from '../../../support/recording-log.ts';
import { START, type VirtualTime, virtualTime } from '../../../support/virtual-time.ts';
import { type ScriptedGateway, scriptedGateway } from '../scripted-gateway.ts';
import { type EventOptions, inLane } from './room-events.ts';

/** A room with its lane, in memory and in virtual time. */
export interface LaneRoom {
  deps: LaneDeps;
  gateway: ScriptedGateway;
  time: VirtualTime;
  errors: string[];
  reports: FlushReport[];
  /** How many events each call said are never sent. */
  notSent: number[];
  deadLetters: { seq: number; eventId: string | undefined; reason: string }[];
  /** The positions at which the lane was asked to come back. */
  queued: { roomId: string; epoch: string; flushed: number }[];
  /** The calls to the store and the gateway, in order. */
  calls: string[];
  join(connectionId: string, differences?: { batch?: boolean }): Promise<unknown>;
  head(): Promise<Head>;
  serve(messages: readonly LaneMessage[]): Promise<readonly LaneMessage[]>;
  /** Numbers of the frames that a member got, and that each says was before it. */
  chainOf(connectionId: string): [prev: unknown, seq: unknown][];
}

export function laneRoom(
  differences: Partial<Omit<LaneDeps, 'store' | 'gateway' | keyof PostingProcess>> = {},
): LaneRoom {
  const time = virtualTime();
  const calls: string[] = [];
  const gateway = scriptedGateway();
  const store = noting(memoryStore({ clock: time.clock }), calls);
  const [errors, reports, queued]: [string[], FlushReport[], LaneRoom['queued']] = [[], [], []];
  const [notSent, deadLetters]: [number[], LaneRoom['deadLetters']] = [[], []];
  const deps: LaneDeps = {
    ...time,
    ...postingProcess(time),
    store,
    gateway: {
      post(connectionId, frame) {
        calls.push('post');
        return gateway.post(connectionId, frame);
      },
      close: gateway.close,
    },
    log: errorsInto(errors),
    onFlush: (report) => reports.push(report),
    onNotSent: (count) => notSent.push(count),
    deadLetterEvent: async ({ seq, event }, error) => {
      deadLetters.push({ seq, eventId: event?.id, reason: (error as Error).name });
    },
    async handOver() {
      throw new Error('a small room has no workers');
    },
    queueFlush: async (roomId, { epoch, flushed }) => void queued.push({ roomId, epoch, flushed }),
    postsPerSecond: 1_000_000,
    flushIntervalMs: 0,
    logTtlMs: 600_000,
    batchSize: 10,
    ...differences,
  };
  return {
    deps,
    gateway,
    time,
    errors,
    reports,
    notSent,
    deadLetters,
    queued,
    calls,
    join: (connectionId, { batch = false } = {}) =>
      store.putMembership({
        roomId: 'r',
        connectionId,
        version: 1,
        on: true,
        userId: connectionId,
        tokenExpiresAt: START + 7_200_000,
        batch,
        ttl: START / 1000 + 7_800,
      }),
    async head() {
      const head = await store.readHead('r');
      if (head === undefined) throw new Error('the room has no head');
      return head;
    },
    serve: (messages) => time.run(serveLane(deps, 'r', messages)),
    chainOf: (connectionId) =>
      gateway.framesOf(connectionId).map((frame) => {
        const { prev, seq } = frame as { prev?: unknown; seq?: unknown };
        return [prev, seq];
      }),
  };
}

/** A room in which these events have been logged, behind those that are there. */
export async function roomWith(events: readonly EventOptions[], room = laneRoom()): Promise<LaneRoom> {
  const { seq } = (await room.deps.store.readHead('r')) ?? { seq: 0 };
  const batch = events.map((event, index) => inLane(seq + index + 1, event));
  await append(room.deps, 'r', batch);
  return room;
}

export async function flushIt(room: LaneRoom): Promise<Head> {
  return room.time.run(flush(room.deps, 'r', await room.head()));
}

/** The store, noting the name of every method that is called. */
function noting(store: Store, calls: string[]): Store {
  const noted = Object.entries(store).map(([name, method]: [string, (...of: never[]) => unknown]) => [
    name,
    (...parameters: never[]) => {
      calls.push(name);
      return method(...parameters);
    },
  ]);
  return Object.fromEntries(noted) as Store;
}
