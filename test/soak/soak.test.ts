import { describe, expect, it } from 'vitest';
import { growthOf } from './memory.ts';
import { soak } from './soak.ts';

describe('Rounds of connecting, recovering, hearing events and leaving, politely or not', () => {
  // The long form, 20 minutes, is `npm run soak`.
  it('rounds of connecting, recovering, receiving and leaving leave no row, connection or memory behind', {
    timeout: 240_000,
  }, async () => {
    const result = await soak({
      isWarm: ({ rounds }) => rounds >= 40,
      isOver: ({ rounds }) => rounds >= 110,
      restMs: 0,
    });
    expect(result).toMatchObject({ rowsLeft: 0, connectionsLeft: 0, deadLetters: result.badEvents });
    // Sockets and pages are given back when nothing has been done for longer than a test may wait.
    expect(growthOf(result.before, result.after, ['heap', 'arrayBuffers'])).toEqual([]);
    // So that it is no soak of nothing.
    for (const count of ['frames', 'recoveries', 'snapshots', 'events', 'badEvents'] as const)
      expect(result[count], count).toBeGreaterThan(0);
  });
});
