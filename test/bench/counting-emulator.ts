import { type BenchProcess, startBenchProcess } from './bench-process.ts';

/** What has happened at the emulator since it was asked before. */
export interface EmulatorCounts {
  /** Calls to its APIs by service and operation, such as `sqs SendMessage`. */
  calls: Record<string, number>;
  /** How long each run of a function took, in milliseconds. */
  runs: Record<string, number[]>;
}

export interface CountingEmulator extends Pick<BenchProcess, 'endpoint' | 'close'> {
  counts(): Promise<EmulatorCounts>;
}

/** The emulator in a process of its own, with the stack and a broadcaster that posts as it was before rooms had streams. */
export async function startCountingEmulator(): Promise<CountingEmulator> {
  const { endpoint, ask, close } = await startBenchProcess('counting-emulator-process.ts');
  return { endpoint, counts: () => ask<EmulatorCounts>('counts?'), close };
}
