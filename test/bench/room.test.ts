import { expect, it } from 'vitest';
import { measureRoom } from './room.ts';
import { roomTable } from './room-table.ts';

it('the room bench times the first and the last of all clients, on three sides', async () => {
  const figures = await measureRoom({ members: 20, rounds: 1 });
  for (const { first, last } of [figures.ours, figures.sample, figures.bare]) {
    expect(first).toBeGreaterThan(0);
    expect(last).toBeGreaterThanOrEqual(first);
  }
  expect(roomTable([figures])).toMatch(/\n\| 20 \|( [\d.]+ \|){7}\n/);
});
