import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BenchBroadcaster, startBenchBroadcaster } from './bench-broadcaster.ts';
import { measureGrowth } from './growth.ts';
import { growthTable } from './growth-table.ts';
import { connectionIds } from './room-rows.ts';

let broadcaster: BenchBroadcaster;
beforeAll(async () => {
  broadcaster = await startBenchBroadcaster();
});
afterAll(() => broadcaster.close());

// Measured in earnest by `npm run bench -- growth`.
it('the growth bench delivers every broadcast once to every member and has the cost of every size', async () => {
  const { stub } = broadcaster;
  await stub.script({});
  const figures = await measureGrowth(broadcaster, { sizes: [10, 40], rounds: 1, posts: 40 });
  // A turn of each size, and one more that looks at the memory; the first ten are in both rooms.
  const deliveries = await stub.deliveries();
  const times = connectionIds(40).map((id) => deliveries[id]?.length);
  expect(times).toEqual([...Array(10).fill(4 + 1 + 1 + 1), ...Array(30).fill(1 + 1)]);
  expect(figures).toMatchObject([
    { members: 10, posts: 1, readUnits: 0.1 },
    { members: 40, posts: 1, readUnits: 0.05 },
  ]);
  for (const { cpuMicroseconds } of figures) expect(cpuMicroseconds).toBeGreaterThan(0);
});

it('the growth bench says whether its aim is met', () => {
  const figures = (cpuMicroseconds: number, bytes: number) => [
    { members: 1_000, cpuMicroseconds: 50, posts: 1, readUnits: 0.028, bytes: 2 ** 20 },
    { members: 10_000, cpuMicroseconds, posts: 1, readUnits: 0.028, bytes },
  ];
  expect(growthTable(figures(60, 2 ** 21))).toMatch(
    /\| 10,000 \| 60 \| 1.00 \| 0.028 \| 2.0 \|[\s\S]*is met\.$/,
  );
  expect(growthTable(figures(61, 2 ** 21))).toMatch(/is missed\.$/);
  expect(growthTable(figures(60, 2 ** 22))).toMatch(/is missed\.$/);
});
