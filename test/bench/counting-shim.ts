import { type BenchProcess, startBenchProcess } from './bench-process.ts';

/** What has happened at the shim since it was asked before. */
export interface ShimCounts {
  /** Calls to its APIs by service and operation, such as `sqs SendMessage`. */
  calls: Record<string, number>;
  /** How long each run of a function took, in milliseconds. */
  runs: Record<string, number[]>;
}

export interface CountingShim extends Pick<BenchProcess, 'endpoint' | 'close'> {
  counts(): Promise<ShimCounts>;
}

/** The shim in a process of its own, with the stack and a broadcaster that posts as it was before rooms had lanes. */
export async function startCountingShim(): Promise<CountingShim> {
  const { endpoint, ask, close } = await startBenchProcess('counting-shim-process.ts');
  return { endpoint, counts: () => ask<ShimCounts>('counts?'), close };
}
