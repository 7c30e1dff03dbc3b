import { afterAll, beforeAll, expect, it } from 'vitest';
import { NOTHING_DONE } from '../../lib/core/broadcast-result.ts';
import { allMembers } from '../support/all-members.ts';
import { type BenchBroadcaster, startBenchBroadcaster } from './bench-broadcaster.ts';
import { measureFaults } from './faults.ts';
import { faultsTable } from './faults-table.ts';

let broadcaster: BenchBroadcaster;
beforeAll(async () => {
  broadcaster = await startBenchBroadcaster({ timeoutMs: 500 });
});
afterAll(() => broadcaster.close());

// Measured in earnest by `npm run bench -- faults`.
it('the faults bench delivers once to every reachable member and removes the others', async () => {
  const shares = { gone: 0.1, throttledTwice: 0.05, hanging: 0.01, failing: 0 };
  const figures = await measureFaults(broadcaster, { members: 60, rounds: 1, shares });
  expect(figures).toMatchObject([
    { members: 60, healthy: 60, result: { delivered: 60, posts: 60 } },
    { members: 50, healthy: 50, result: { delivered: 50, posts: 50 } },
    { members: 60, healthy: 50, result: { delivered: 53, gone: 6, failed: 1, throttled: 6, posts: 68 } },
  ]);
  for (const { healthyMs } of figures) expect(healthyMs).toBeGreaterThan(0);
  expect(await allMembers(broadcaster.deps.store, 'faulty')).toHaveLength(53);
});

it('the faults bench says whether its aim is met', () => {
  const row = { members: 1_000, healthy: 820, throttledMs: Number.NaN };
  const result = { ...NOTHING_DONE, gone: 100, failed: 30 };
  const figures = (faulty: number) => [200, 160, faulty].map((healthyMs) => ({ ...row, healthyMs, result }));
  expect(faultsTable(figures(300))).toMatch(
    /\| 1,000 \| 820 \| 300 \| 1\.50 \| 1\.88 \| {2}\| 100 \| 30 \|[\s\S]*is met\.$/,
  );
  expect(faultsTable(figures(302))).toMatch(/is missed\.$/);
});
