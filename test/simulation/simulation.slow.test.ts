import { expect, it } from 'vitest';
import { dynamoDbStore } from '../../lib/store/dynamodb-store.ts';
import { startDynalite } from '../support/dynamodb-engines.ts';
import { type Mutant, mutants } from './mutants.ts';
import { runSeeds } from './run-seeds.ts';
import { simulate } from './simulate.ts';

it('in a hundred seeds no promise is broken, and each kind of trouble is seen at least once', async () => {
  const printed: string[] = [];
  const { failed } = await runSeeds({ first: 1, count: 100, print: (line) => void printed.push(line) });
  expect(failed, printed.join('\n')).toEqual([]);
  const seen = printed.flatMap((line) => line.match(/^ {2}(.*): (\d+)$/)?.slice(1) ?? []);
  expect(seen.filter((_, index) => index % 2 === 1).map(Number)).not.toContain(0);
});

it('over the real store every client gets the events of its rooms in order, and no event is lost', async () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const { client, tableName, stop } = await startDynalite();
    const { violations, trace } = await simulate(seed, {
      openStore: (options) => dynamoDbStore({ client, tableName, ...options }),
    });
    await stop();
    expect(violations, trace.join('\n')).toEqual([]);
  }
});

const MOST_SEEDS = 1_000;

it.each(Object.entries<Mutant>(mutants))('the simulation notices when %s', async (_, mutant) => {
  let seed = 1;
  while (seed <= MOST_SEEDS && (await simulate(seed, { mutant })).violations.length === 0) seed += 1;
  expect(seed).toBeLessThanOrEqual(MOST_SEEDS);
  // And it is not that this seed always fails.
  expect((await simulate(seed)).violations).toEqual([]);
});
