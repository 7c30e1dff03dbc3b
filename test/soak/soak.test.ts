import { describe, expect, it } from 'vitest';
import { soak } from './soak.ts';

describe('P3 rounds of connecting and leaving, politely or not', () => {
  // The long form, 5,000 rounds, is `npm run soak`.
  it('leave no row behind once TTL has passed, and no memory', { timeout: 60_000 }, async () => {
    const { rowsBeforeTtl, rowsAfterTtl, connections, grownBytes } = await soak(60);
    expect(connections).toBe(0);
    // One $disconnect in ten was lost: its connection and at most two memberships wait for their TTL.
    expect(rowsBeforeTtl).toBeGreaterThan(0);
    expect(rowsBeforeTtl).toBeLessThanOrEqual(3 * 20);
    expect(rowsAfterTtl).toBe(0);
    expect(grownBytes).toBeLessThan(10 * 2 ** 20);
  });
});
