import { describe, expect, it } from 'vitest';
import { measureHuge } from './huge.ts';
import { HUGE_AIM, hugeTable } from './huge-table.ts';

describe('a room of 20,000, in virtual time', () => {
  it.each([
    [2_500, 1],
    [10_000, 3],
    [50_000, 7],
  ])(
    'a room of 20,000 is served as fast as a quota of %d a second allows, by %d functions, in virtual time',
    async (quota, functions) => {
      const figures = await measureHuge({ members: 20_000, quota, cpuMs: 0.1 });
      expect(figures.result).toMatchObject({ delivered: 20_000, failed: 0, status: 'complete', functions });
      // Half a second of the quota is there at once; a worker that starts cold takes a quarter.
      expect(figures.seconds).toBeLessThan((20_000 / quota) * HUGE_AIM + 0.25);
    },
  );

  it('a room of 20,000 is served although API Gateway takes half of the configured quota', async () => {
    const figures = await measureHuge({ members: 20_000, quota: 5_000, believedQuota: 10_000, cpuMs: 0.1 });
    expect(figures.result).toMatchObject({ delivered: 20_000, failed: 0, status: 'complete' });
    expect(figures.ratio).toBeLessThan(HUGE_AIM);
    expect(figures.result.throttled).toBeLessThan(10_000);
  });

  it('the huge bench prints a line of a table with its aim', async () => {
    const figures = await measureHuge({ members: 6_000, quota: 10_000, cpuMs: 0.1 });
    const table = hugeTable([figures]);
    expect(table).toMatch(/\n\| 6,000 \| 10,000 \| 100 \| 2 \| 0 \| 0\.6 \| [\d.]+ \| [\d.]+ \|\n/);
    expect(table).toMatch(figures.ratio <= HUGE_AIM ? /is met\.$/ : /is missed\.$/);
  });
});
