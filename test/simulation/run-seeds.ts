import type { Mutant } from './mutants.ts';
import { type Simulated, simulate } from './simulate.ts';

/** What a seed may show, by the line of its trace. */
const sights = {
  'functions that crashed': / crashed at /,
  recoveries: /: recovered$/,
  'too late to recover': /: too_old$/,
  'new epochs': / begins a new epoch, /,
  'connections closed': / was closed$/,
  'messages given up': / given up: /,
  'slow readers': / reads nothing for /,
  'gaps found': / finds a gap /,
  'rooms in a chain longer than 16': / for the 17th time$/,
} as const;

export interface SeedsOptions {
  first: number;
  count: number;
  mutant?: Mutant;
  print(line: string): void;
}

/** Simulates one seed after the other; prints each that has a violation, how to see it again, and a summary. */
export async function runSeeds({
  first,
  count,
  mutant = {},
  print,
}: SeedsOptions): Promise<{ failed: number[] }> {
  const totals = { events: 0, frames: 0 };
  const seen = new Map<string, number>();
  const failed: number[] = [];
  const begun = performance.now();
  for (let seed = first; seed < first + count; seed += 1) {
    const { violations, events, frames, trace } = await simulate(seed, { mutant });
    totals.events += events;
    totals.frames += frames;
    countSights(trace, seen);
    if (violations.length === 0) continue;
    failed.push(seed);
    print(`seed ${seed}: ${violations.join('; ')}\n  npm run simulate -- --seed ${seed}`);
  }
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  print(`${count} seeds in ${seconds} s: ${totals.events} events, ${totals.frames} frames`);
  for (const [sight, times] of seen) print(`  ${sight}: ${times}`);
  print(`${failed.length} seeds with a violation`);
  return { failed };
}

function countSights(trace: Simulated['trace'], seen: Map<string, number>): void {
  for (const [sight, pattern] of Object.entries(sights)) {
    const times = trace.filter((line) => pattern.test(line)).length;
    seen.set(sight, (seen.get(sight) ?? 0) + times);
  }
}
