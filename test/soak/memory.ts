import { setTimeout as sleep } from 'node:timers/promises';
import { collectGarbage } from '../support/collect-garbage.ts';

/** What a process holds once its garbage has been collected. Sizes in MB. */
export interface Memory {
  rss: number;
  heap: number;
  arrayBuffers: number;
  /** Sockets, timers and whatever else keeps the process alive. */
  handles: number;
}

/** How much may come on top of it in a soak, whatever its length: what V8 and the pools of sockets take for themselves. */
const MOST_GROWTH: Memory = { rss: 64, heap: 10, arrayBuffers: 2, handles: 10 };

export async function measureMemory(): Promise<Memory> {
  // A second collection takes what the finalizers of the first have let go, and they run in between.
  collectGarbage();
  await sleep(10);
  collectGarbage();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return {
    rss: megabytes(rss),
    heap: megabytes(heapUsed),
    arrayBuffers: megabytes(arrayBuffers),
    handles: process.getActiveResourcesInfo().length,
  };
}

/** What has grown by more than it may, in sentences; none for a process whose memory is flat. */
export function growthOf(before: Memory, after: Memory, parts: readonly (keyof Memory)[]): string[] {
  return parts
    .filter((part) => after[part] - before[part] > MOST_GROWTH[part])
    .map((part) => `${part} has grown from ${before[part]} to ${after[part]}; ${MOST_GROWTH[part]} may be`);
}

function megabytes(bytes: number): number {
  return Math.round((bytes / 2 ** 20) * 10) / 10;
}
