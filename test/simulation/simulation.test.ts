import { expect, it } from 'vitest';
import { dynamoDbStore } from '../../lib/store/dynamodb-store.ts';
import { startDynalite } from '../support/dynamodb-engines.ts';
import { runSeeds } from './run-seeds.ts';
import { simulate } from './simulate.ts';

it('with seeded faults every client gets the events of its rooms in order, no event is lost, and every chain of deliveries ends', {
  timeout: 60_000,
}, async () => {
  const printed: string[] = [];
  const { failed } = await runSeeds({ first: 1, count: 100, print: (line) => void printed.push(line) });
  expect(failed, printed.join('\n')).toEqual([]);
  // It was not nothing that happened.
  const seen = printed.flatMap((line) => line.match(/^ {2}(.*): (\d+)$/)?.slice(1) ?? []);
  expect(seen.filter((_, index) => index % 2 === 1).map(Number)).not.toContain(0);
});

it('over the real store every client gets the events of its rooms in order, and no event is lost', {
  timeout: 60_000,
}, async () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const { client, tableName, stop } = await startDynalite();
    const { violations, trace } = await simulate(seed, {
      openStore: (options) => dynamoDbStore({ client, tableName, ...options }),
    });
    await stop();
    expect(violations, trace.join('\n')).toEqual([]);
  }
});

it('does the same again with the same seed', async () => {
  const [one, other] = [await simulate(7), await simulate(7)];
  expect(other).toEqual(one);
  expect((await simulate(8)).trace).not.toEqual(one.trace);
});
