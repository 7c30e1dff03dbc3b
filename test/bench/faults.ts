import type { BroadcastResult } from '../../lib/core/broadcast-result.ts';
import { sendToRoom } from '../support/send-to-room.ts';
import { type BenchBroadcaster, startBenchBroadcaster } from './bench-broadcaster.ts';
import type { BenchOptions } from './benches.ts';
import { faultsTable } from './faults-table.ts';
import { type FaultShares, faultyRoom } from './faulty-room.ts';
import { median } from './median.ts';
import { connectionIds, putConnections, putMembers } from './room-rows.ts';
import type { Scripts } from './scripted-connections.ts';

const SHARES: FaultShares = { gone: 0.1, throttledTwice: 0.05, hanging: 0.01, failing: 0.02 };
const FRAME = 'x'.repeat(2_000);

/** One room, and the median times until its members have the frame. */
export interface FaultFigures {
  members: number;
  /** How many have no fault. */
  healthy: number;
  /** Until the last of those has the frame. */
  healthyMs: number;
  /** Until the last of those has it that are throttled twice; NaN where there are none. */
  throttledMs: number;
  /** Of the last round. */
  result: BroadcastResult;
}

interface Room {
  roomId: string;
  members: readonly string[];
  healthy: readonly string[];
  throttled: readonly string[];
  /** Who has no rows afterwards: those who are gone, and those who could not be served and were cut off. */
  lost: readonly string[];
  scripts: Scripts;
}

/** How long members without a fault wait because of those with one. */
export async function benchFaults({ quick }: BenchOptions): Promise<string> {
  // Who always fails is tried again for three seconds, which a quick run has not.
  const broadcaster = await startBenchBroadcaster(quick ? { timeoutMs: 500 } : {});
  const figures = await measureFaults(
    broadcaster,
    quick
      ? { members: 60, rounds: 1, shares: { ...SHARES, failing: 0 } }
      : { members: 1_000, rounds: 8, shares: SHARES },
  );
  await broadcaster.close();
  return faultsTable(figures);
}

/**
 * A room with faults, the same without any, and those of it without a fault alone. The rooms take turns; the first
 * round of several warms up.
 */
export async function measureFaults(
  broadcaster: BenchBroadcaster,
  { members, rounds, shares }: { members: number; rounds: number; shares: FaultShares },
): Promise<FaultFigures[]> {
  const rooms = roomsOf(connectionIds(members), shares);
  for (const room of rooms) await putMembers(broadcaster.deps.store, room.roomId, room.members);
  const turns: { room: Room; turn: Turn }[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const room of rooms) {
      const turn = await serve(broadcaster, room);
      if (round > 1 || rounds === 1) turns.push({ room, turn });
    }
  }
  return rooms.map((room) =>
    figuresOf(
      room,
      turns.filter((one) => one.room === room).map(({ turn }) => turn),
    ),
  );
}

function roomsOf(ids: readonly string[], shares: FaultShares): Room[] {
  const { byFault, withFaults, withoutFaults } = faultyRoom(ids, shares);
  const { gone, hanging, failing, throttledTwice: throttled, none } = byFault;
  const lost = [...gone, ...hanging, ...failing];
  const sound = { throttled: [], lost: [], scripts: withoutFaults };
  return [
    { roomId: 'sound', members: ids, healthy: ids, ...sound },
    { roomId: 'smaller', members: none, healthy: none, ...sound },
    { roomId: 'faulty', members: ids, healthy: none, throttled, lost, scripts: withFaults },
  ];
}

interface Turn {
  healthyMs: number;
  throttledMs: number;
  result: BroadcastResult;
}

async function serve({ deps, stub }: BenchBroadcaster, room: Room): Promise<Turn> {
  const { roomId, lost, healthy, throttled, scripts } = room;
  // The broadcast before has removed them.
  await putMembers(deps.store, roomId, lost);
  await putConnections(deps.store, roomId, lost);
  await stub.script(scripts);
  const startedAt = Date.now();
  const result = await sendToRoom(deps, roomId, FRAME);
  const deliveries = await stub.deliveries();
  const times = Object.values(deliveries).flat();
  if (times.length !== healthy.length + throttled.length)
    throw new Error(`There are ${times.length} deliveries`);
  // Infinity where somebody has not been served.
  const lastOf = (ids: readonly string[]) =>
    Math.max(...ids.map((id) => deliveries[id]?.[0] ?? Number.POSITIVE_INFINITY)) - startedAt;
  return {
    healthyMs: lastOf(healthy),
    throttledMs: throttled.length > 0 ? lastOf(throttled) : Number.NaN,
    result,
  };
}

function figuresOf({ members, healthy }: Room, turns: readonly Turn[]): FaultFigures {
  const last = turns.at(-1);
  if (last === undefined) throw new Error('There was no round');
  return {
    members: members.length,
    healthy: healthy.length,
    healthyMs: median(turns.map(({ healthyMs }) => healthyMs)),
    throttledMs: median(turns.map(({ throttledMs }) => throttledMs)),
    result: last.result,
  };
}
