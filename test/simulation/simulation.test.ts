import { expect, it } from 'vitest';
import type { Mutant } from './mutants.ts';
import { runSeeds } from './run-seeds.ts';
import { simulate } from './simulate.ts';

// `simulation.slow.test.ts` runs more seeds.
it('under seeded faults every client gets its events in order, no event is lost, and every chain of deliveries ends', async () => {
  const printed: string[] = [];
  const { failed } = await runSeeds({ first: 1, count: 10, print: (line) => void printed.push(line) });
  expect(failed, printed.join('\n')).toEqual([]);
});

it('a simulation does the same again with the same seed, and something else with another', async () => {
  const [one, other] = [await simulate(7), await simulate(7)];
  expect(other).toEqual(one);
  expect((await simulate(8)).trace).not.toEqual(one.trace);
});

it('the simulation prints what is wrong in a seed that fails, and the command that shows it again', async () => {
  const mutant: Mutant = { post: () => async () => 'delivered' };
  const printed: string[] = [];
  const print = (line: string) => void printed.push(line);
  expect(await runSeeds({ first: 7, count: 1, mutant, print })).toEqual({ failed: [7] });
  const { violations } = await simulate(7, { mutant });
  expect(printed).toContain(`seed 7: ${violations.join('; ')}\n  npm run simulate -- --seed 7`);
});
