import { seeded, shuffled } from '../support/seeded.ts';
import type { Reply, Scripts } from './scripted-connections.ts';

const LATENCY_MS = { median: 15, percentile99: 100 } as const;
/** So many standard deviations above the mean is the 99th percentile. */
const DEVIATIONS_OF_99 = 2.326;

export type Fault = 'gone' | 'throttledTwice' | 'hanging' | 'failing';
/** Which part of a room has a fault. */
export type FaultShares = Readonly<Record<Fault, number>>;

/** Some connections, and how each answers: as it would without any fault, and as it does. */
export interface FaultyRoom {
  byFault: Readonly<Record<Fault | 'none', readonly string[]>>;
  withoutFaults: Scripts;
  withFaults: Scripts;
}

/** The same in every run. */
export function faultyRoom(ids: readonly string[], shares: FaultShares): FaultyRoom {
  const random = seeded(1);
  const rest = shuffled(ids, random);
  const take = (fault: Fault) => rest.splice(0, Math.round(shares[fault] * ids.length));
  const [gone, throttledTwice] = [take('gone'), take('throttledTwice')];
  const byFault = { gone, throttledTwice, hanging: take('hanging'), failing: take('failing'), none: rest };
  const latencies = new Map(ids.map((id) => [id, latencyMs(random)]));
  const scripted = (some: readonly string[], statuses: readonly [Reply['status'], ...Reply['status'][]]) =>
    some.map((id) => [id, statuses.map((status) => ({ status, afterMs: latencies.get(id) ?? 0 }))]);
  return {
    byFault,
    withoutFaults: Object.fromEntries(scripted(ids, [200])),
    withFaults: Object.fromEntries([
      ...scripted(byFault.none, [200]),
      ...scripted(gone, [410]),
      ...scripted(throttledTwice, [429, 429, 200]),
      ...scripted(byFault.hanging, ['never']),
      ...scripted(byFault.failing, [500]),
    ]),
  };
}

/** Log-normal: most are near the median, and a few take many times as long. */
function latencyMs(random: () => number): number {
  const deviations = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const { median, percentile99 } = LATENCY_MS;
  return median * (percentile99 / median) ** (deviations / DEVIATIONS_OF_99);
}
