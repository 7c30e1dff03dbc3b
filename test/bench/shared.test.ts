import { describe, expect, it } from 'vitest';
import { NOTHING_DONE } from '../../lib/core/broadcast-result.ts';
import { measureShared, type SharedFigures } from './shared.ts';
import { SHARED_AIMS, sharedTable } from './shared-table.ts';

describe('broadcasts at the same time under one quota, in virtual time', () => {
  it.each(SHARED_AIMS)(
    '$rooms broadcasts at once to rooms of 1,000 reach everybody within $seconds s and disconnect nobody',
    async ({ rooms, seconds }) => {
      const figures = await measureShared({ rooms, members: 1_000, frames: 1 });
      expect(figures).toMatchObject({
        disconnected: 0,
        result: { delivered: rooms * 1_000, throttledOut: 0 },
      });
      expect(figures.seconds).toBeLessThanOrEqual(seconds);
    },
  );

  it('concurrent broadcasts keep at the next delivery the rate that 429 has taught them', async () => {
    const [cold, warm] = [await measureShared(twenty), await measureShared({ ...twenty, isWarm: true })];
    expect(warm).toMatchObject({ disconnected: 0, result: { delivered: 10_000 } });
    expect(warm.result.throttled).toBeLessThan(cold.result.throttled * 0.8);
  });

  it('the shared bench prints a line of a table for each aim', () => {
    const figures = (rooms: number, seconds: number, disconnected = 0): SharedFigures => ({
      rooms,
      members: 1_000,
      frames: 1,
      result: { ...NOTHING_DONE, posts: rooms * 2_000, throttled: rooms * 1_000, delivered: rooms * 1_000 },
      disconnected,
      seconds,
    });
    expect(sharedTable([figures(10, 0.9), figures(50, 5.5)])).toMatch(
      /\n\| 10 × 1,000 × 1 \| cold \| 20,000 \| 50 % \| 0 \| 0 \| 0 \| 0\.90 \|\n[\s\S]*nobody disconnected is met; 10 [^;]*is met; 50 .* is met\.$/,
    );
    expect(sharedTable([figures(10, 1.1), figures(50, 5.5, 1)])).toMatch(
      /nobody disconnected is missed; 10 [^;]*is missed; 50 .* is met\.$/,
    );
  });
});

const twenty = { rooms: 20, members: 500, frames: 1 };
