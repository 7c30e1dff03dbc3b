import { type PostingProcess, postingProcess } from '../../../../lib/core/broadcast/broadcast-slice.ts';
import type { Store } from '../../../../lib/core/ports.ts';
import type { Cursor } from '../../../../lib/core/room-log.ts';
import { append } from '../../../../lib/core/stream/append.ts';
import {
  consumeRoom,
  type QueuedMessage,
  type StreamDeps,
} from '../../../../lib/core/stream/consume-room.ts';
import { type DeliveryReport, deliver } from '../../../../lib/core/stream/deliver.ts';
import { memoryStore } from '../../../support/memory-store.ts';
import { errorsInto } from '../../../support/recording-log.ts';
import { aMembership } from '../../../support/rows.ts';
import { type VirtualTime, virtualTime } from '../../../support/virtual-time.ts';
import { type ScriptedGateway, scriptedGateway } from '../scripted-gateway.ts';
import { type EventOptions, inStream } from './room-events.ts';

/** A room with its stream, in memory and in virtual time. */
export interface StreamRoom {
  deps: StreamDeps;
  gateway: ScriptedGateway;
  time: VirtualTime;
  errors: string[];
  reports: DeliveryReport[];
  /** How many events each call said are never sent. */
  notSent: number[];
  deadLetters: { seq: number; eventId: string | undefined; reason: string }[];
  /** The positions at which the stream was asked to come back. */
  queued: { roomId: string; epoch: string; deliveredSeq: number }[];
  /** The calls to the store and the gateway, in order. */
  calls: string[];
  join(connectionId: string, differences?: { batch?: boolean }): Promise<unknown>;
  cursor(): Promise<Cursor>;
  serve(messages: readonly QueuedMessage[]): Promise<readonly QueuedMessage[]>;
  /** Numbers of the frames that a member got, and that each says was before it. */
  chainOf(connectionId: string): [prev: unknown, seq: unknown][];
}

export function streamRoom(
  differences: Partial<Omit<StreamDeps, 'store' | 'gateway' | keyof PostingProcess>> = {},
): StreamRoom {
  const time = virtualTime();
  const calls: string[] = [];
  const gateway = scriptedGateway();
  const store = noting(memoryStore({ clock: time.clock }), calls);
  const [errors, reports, queued]: [string[], DeliveryReport[], StreamRoom['queued']] = [[], [], []];
  const [notSent, deadLetters]: [number[], StreamRoom['deadLetters']] = [[], []];
  const deps: StreamDeps = {
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
    onDelivered: (report) => reports.push(report),
    onNotSent: (count) => notSent.push(count),
    deadLetterEvent: async ({ seq, event }, error) => {
      deadLetters.push({ seq, eventId: event?.id, reason: (error as Error).name });
    },
    async invokeWorker() {
      throw new Error('a small room has no workers');
    },
    requestDelivery: async (roomId, { epoch, deliveredSeq }) =>
      void queued.push({ roomId, epoch, deliveredSeq }),
    postsPerSecond: 1_000_000,
    deliveryIntervalMs: 0,
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
      store.putMembership(aMembership({ connectionId, userId: connectionId, batch })),
    async cursor() {
      const cursor = await store.readCursor('r');
      if (cursor === undefined) throw new Error('the room has no cursor');
      return cursor;
    },
    serve: (messages) => time.run(consumeRoom(deps, 'r', messages)),
    chainOf: (connectionId) =>
      gateway.framesOf(connectionId).map((frame) => {
        const { prev, seq } = frame as { prev?: unknown; seq?: unknown };
        return [prev, seq];
      }),
  };
}

/** A room in which these events have been logged, behind those that are there. */
export async function roomWith(events: readonly EventOptions[], room = streamRoom()): Promise<StreamRoom> {
  const { seq } = (await room.deps.store.readCursor('r')) ?? { seq: 0 };
  const batch = events.map((event, index) => inStream(seq + index + 1, event));
  await append(room.deps, 'r', batch);
  return room;
}

export async function deliverNow(room: StreamRoom): Promise<Cursor> {
  return room.time.run(deliver(room.deps, 'r', await room.cursor()));
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
