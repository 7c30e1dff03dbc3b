import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { systemTime } from '../../../lib/options/time.ts';

const DAY_MS = 86_400_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('a timer of the system waits for thirty days, which is longer than setTimeout can', () => {
  const task = vi.fn();
  systemTime.after(30 * DAY_MS, task);
  vi.advanceTimersByTime(30 * DAY_MS - 1);
  expect(task).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(task).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
});

it('a timer of the system can be cancelled in its second month', () => {
  const task = vi.fn();
  const cancel = systemTime.after(60 * DAY_MS, task);
  vi.advanceTimersByTime(45 * DAY_MS);
  cancel();
  expect(vi.getTimerCount()).toBe(0);
});

it('a timer of the system never ends, and keeps no process alive, if the wait is Infinity', () => {
  const cancel = systemTime.after(Number.POSITIVE_INFINITY, vi.fn());
  expect(vi.getTimerCount()).toBe(0);
  expect(cancel()).toBeUndefined();
});
