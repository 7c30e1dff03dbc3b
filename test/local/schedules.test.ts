import { expect, test } from 'vitest';
import { startSchedules } from '../../lib/local/schedules.ts';
import { manualTime } from '../support/manual-time.ts';

function started() {
  const time = manualTime();
  const invoked: string[] = [];
  const stop = startSchedules({
    schedules: [
      { name: 'tick', everyMinutes: 1, function: 'work' },
      { name: 'tock', everyMinutes: 3, function: 'rest' },
    ],
    invokeAsynchronously: (functionName, payload) => invoked.push(`${functionName} ${payload}`),
    time,
  });
  return { time, invoked, stop };
}

test('a schedule invokes its function at the end of each period, not at the start of the first', async () => {
  const { time, invoked, stop } = started();
  await time.advance(59_999);
  expect(invoked).toEqual([]);
  await time.advance(1);
  expect(invoked).toEqual(['work {}']);
  await time.advance(120_000);
  expect(invoked.sort()).toEqual(['rest {}', 'work {}', 'work {}', 'work {}']);
  stop();
});

test('a schedule that is stopped invokes nothing any more, and leaves nothing that waits', async () => {
  const { time, invoked, stop } = started();
  await time.advance(60_000);
  stop();
  expect(time.pending).toBe(0);
  await time.advance(600_000);
  expect(invoked).toEqual(['work {}']);
});
