import { describe, expect, it } from 'vitest';
import { growthOf } from './memory.ts';
import { soak } from './soak.ts';

describe('Rounds of connecting, recovering, hearing events and leaving, politely or not', () => {
  // The long form, 20 minutes, is `npm run soak`.
  it('leave no row behind once TTL has passed, no connection and no memory', {
    timeout: 60_000,
  }, async () => {
    const result = await soak({ warmUpRounds: 40, restMs: 0, isOver: (rounds) => rounds >= 140 });
    expect(result).toMatchObject({ rowsLeft: 0, connectionsLeft: 0, deadLetters: result.badEvents });
    expect(growthOf(result.before, result.after)).toEqual([]);
    // So that it is no soak of nothing.
    for (const count of ['frames', 'recoveries', 'snapshots', 'events', 'badEvents'] as const)
      expect(result[count], count).toBeGreaterThan(0);
  });
});
