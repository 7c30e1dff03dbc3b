import { setTimeout as sleep } from 'node:timers/promises';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { LOCAL_NAME } from '../../lib/config/local-stack.ts';
import { settings } from '../../lib/config/settings.ts';
import { applicationClients } from '../support/application-clients.ts';
import { type BenchProcess, startBenchProcess } from './bench-process.ts';
import type { BenchOptions } from './benches.ts';
import { type Crowd, connectCrowd } from './crowd.ts';
import { joinEverybody } from './join-everybody.ts';
import { median } from './median.ts';
import { roomTable } from './room-table.ts';
import { SAMPLE_SOURCE } from './sample-source.ts';

const DATA = { symbol: 'AAPL', quantity: 10, note: 'x'.repeat(400) };

/** Milliseconds from PutEvents until the first client has the frame, and the last; medians. */
export interface RoomTimes {
  first: number;
  last: number;
}

export interface RoomFigures {
  members: number;
  ours: RoomTimes;
  /** The broadcaster of the usual samples, on the same emulator. */
  sample: RoomTimes;
  /** A loop over the clients of a `ws` server, from the request that asks for it. */
  bare: RoomTimes;
}

export async function benchRoom({ quick }: BenchOptions): Promise<string> {
  const figures: RoomFigures[] = [];
  for (const members of quick ? [30] : [100, 1_000, 5_000]) {
    figures.push(await measureRoom({ members, rounds: quick ? 1 : 15 }));
  }
  return roomTable(figures);
}

/** The emulator and a bare server are in one process, the clients and the publisher in this one. */
export async function measureRoom(options: { members: number; rounds: number }): Promise<RoomFigures> {
  const { members, rounds } = options;
  const server = await startBenchProcess('room-server.ts');
  const bareEndpoint = await server.ask<string>('bare?');
  const viaEmulator = await connectCrowd(server.endpoint, members);
  const direct = await connectCrowd(bareEndpoint, members);
  await joinEverybody(server.endpoint, ROOM);
  const publish = publisher(server);
  const frame = JSON.stringify({ type: 'position_update', data: DATA, roomId: ROOM });
  const sides = {
    ours: () => viaEmulator.timed(() => publish('trade-room.bench')),
    sample: () => viaEmulator.timed(() => publish(SAMPLE_SOURCE)),
    bare: () => direct.timed(() => fetch(bareEndpoint, { method: 'POST', body: frame })),
  };
  try {
    return { members, ...(await inTurns(sides, rounds)) };
  } finally {
    // First the server: clients that all leave at once are not what is measured.
    await server.close();
    leave(viaEmulator, direct);
  }
}

const ROOM = 'room';

function leave(...crowds: Crowd[]): void {
  for (const crowd of crowds) crowd.leave();
}

/** One more round, before the others, warms up. */
async function inTurns<Side extends string>(
  sides: Record<Side, () => Promise<RoomTimes>>,
  rounds: number,
): Promise<Record<Side, RoomTimes>> {
  const entries = Object.entries<() => Promise<RoomTimes>>(sides);
  const samples = new Map(entries.map(([side]) => [side, [] as RoomTimes[]]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [side, measure] of entries) {
      // A room that has just been sent something is left alone for a while, which is not what is measured.
      await sleep(2 * settings.deliveryIntervalMs.default);
      const sample = await measure();
      if (round > 0) samples.get(side)?.push(sample);
    }
  }
  const medians = [...samples].map(([side, taken]) => [
    side,
    { first: median(taken.map(({ first }) => first)), last: median(taken.map(({ last }) => last)) },
  ]);
  return Object.fromEntries(medians);
}

function publisher({ endpoint }: BenchProcess): (source: string) => Promise<void> {
  const { eventBridge } = applicationClients(endpoint);
  return async (Source) => {
    const Detail = JSON.stringify({ roomId: ROOM, data: DATA });
    const entry = { EventBusName: LOCAL_NAME, Source, DetailType: 'position_update', Detail };
    await eventBridge.send(new PutEventsCommand({ Entries: [entry] }));
  };
}
