import { setTimeout as sleep } from 'node:timers/promises';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { LOCAL_NAME } from '../../lib/config/local-stack.ts';
import { settings } from '../../lib/config/settings.ts';
import { applicationClients } from '../support/application-clients.ts';
import type { BenchOptions } from './benches.ts';
import { type CountingEmulator, type EmulatorCounts, startCountingEmulator } from './counting-emulator.ts';
import { type Crowd, connectCrowd } from './crowd.ts';
import { DIRECT_SOURCE } from './direct-source.ts';
import { joinEverybody } from './join-everybody.ts';
import { median } from './median.ts';
import { type CostedType, costedTypes, detailOf, type Path, ROOM } from './order-cost-event.ts';
import { orderCostTable } from './order-cost-table.ts';
import { startTableCosts } from './order-cost-units.ts';

/** What one event costs on an idle room; medians. */
export interface OrderCost {
  path: Path;
  type: CostedType;
  members: number;
  dynamoDbCalls: number;
  sqsSends: number;
  posts: number;
  readUnits: number;
  writeUnits: number;
  /** Milliseconds of each function that ran, on the emulator: without a network between it and AWS. */
  functions: Record<string, number>;
  /** From PutEvents until the last client has the frame. */
  milliseconds: number;
}

/** So long nothing is published: longer than the room is left alone after a frame. */
const IDLE_MS = 2 * settings.deliveryIntervalMs.default;

const paths = ['direct', 'ordered'] as const;

export async function benchOrderCost({ quick }: BenchOptions): Promise<string> {
  return orderCostTable(await measureOrderCost({ members: 10, rounds: quick ? 1 : 25 }));
}

/** Calls and times on the emulator, units on a table beside. The paths and types take turns; one round more warms up. */
export async function measureOrderCost(options: { members: number; rounds: number }): Promise<OrderCost[]> {
  const { members, rounds } = options;
  const emulator = await startCountingEmulator();
  const crowd = await connectCrowd(emulator.endpoint, members);
  await joinEverybody(emulator.endpoint, ROOM);
  const table = await startTableCosts(members);
  const cells = paths.flatMap((path) => costedTypes.map((type) => ({ path, type, samples: [] as Sample[] })));
  for (let round = 0; round <= rounds; round += 1) {
    for (const { path, type, samples } of cells) {
      const sample = await sampleOf(emulator, crowd, path, type);
      if (round > 0) samples.push(sample);
    }
  }
  const costs: OrderCost[] = [];
  for (const { path, type, samples } of cells) {
    const { readUnits, writeUnits } = await table.costOf(path, type);
    costs.push({ path, type, members, readUnits, writeUnits, ...mediansOf(samples) });
  }
  crowd.leave();
  await Promise.all([emulator.close(), table.close()]);
  return costs;
}

interface Sample extends EmulatorCounts {
  milliseconds: number;
}

async function sampleOf(
  emulator: CountingEmulator,
  crowd: Crowd,
  path: Path,
  type: CostedType,
): Promise<Sample> {
  const { eventBridge } = applicationClients(emulator.endpoint);
  const Source = path === 'direct' ? DIRECT_SOURCE : 'trade-room.bench';
  const Detail = JSON.stringify(detailOf(type));
  const entry = { EventBusName: LOCAL_NAME, Source, DetailType: type, Detail };
  await emulator.counts();
  const { last } = await crowd.timed(() => eventBridge.send(new PutEventsCommand({ Entries: [entry] })));
  await sleep(IDLE_MS);
  return { ...(await emulator.counts()), milliseconds: last };
}

function mediansOf(samples: readonly Sample[]) {
  const medianOf = (of: (sample: Sample) => number) => median(samples.map(of));
  const callsTo = (service: string) =>
    medianOf(({ calls }) =>
      Object.entries(calls)
        .filter(([name]) => name.startsWith(`${service} `))
        .reduce((sum, [, count]) => sum + count, 0),
    );
  const names = new Set(samples.flatMap(({ runs }) => Object.keys(runs)));
  return {
    dynamoDbCalls: callsTo('dynamodb'),
    sqsSends: callsTo('sqs'),
    posts: callsTo('execute-api'),
    milliseconds: medianOf(({ milliseconds }) => milliseconds),
    functions: Object.fromEntries(
      [...names].map((name) => [name, medianOf(({ runs }) => sum(runs[name] ?? []))]),
    ),
  };
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
