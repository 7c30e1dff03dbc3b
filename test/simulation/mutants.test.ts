import { describe, expect, it } from 'vitest';
import { type Mutant, mutants } from './mutants.ts';
import { runSeeds } from './run-seeds.ts';
import { simulate } from './simulate.ts';

const MOST_SEEDS = 1_000;

describe('the simulation notices when', { timeout: 60_000 }, () => {
  it.each(Object.entries<Mutant>(mutants))('%s', async (_, mutant) => {
    let seed = 1;
    while (seed <= MOST_SEEDS && (await simulate(seed, { mutant })).violations.length === 0) seed += 1;
    expect(seed).toBeLessThanOrEqual(MOST_SEEDS);
    // And it is not that this seed always fails.
    expect((await simulate(seed)).violations).toEqual([]);
  });

  it('a seed fails, and prints what was wrong and the command that shows it again', async () => {
    const mutant = mutants['nothing is deduplicated'];
    const printed: string[] = [];
    const { failed } = await runSeeds({
      first: 1,
      count: 10,
      mutant,
      print: (line) => void printed.push(line),
    });
    const [seed = 0] = failed;
    const { violations } = await simulate(seed, { mutant });
    expect(printed).toContain(`seed ${seed}: ${violations.join('; ')}\n  npm run simulate -- --seed ${seed}`);
  });
});
