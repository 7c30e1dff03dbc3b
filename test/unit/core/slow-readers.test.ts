import { expect, it } from 'vitest';
import { slowReaders } from '../../../lib/core/broadcast/post-rate.ts';

it('slow readers are remembered until they take a frame, and of too many the oldest are forgotten', () => {
  const slow = slowReaders(2);
  slow.remember('a');
  slow.remember('b');
  slow.remember('a');
  slow.remember('c');
  expect(['a', 'b', 'c'].map(slow.has)).toEqual([true, false, true]);
  slow.forget('a');
  expect(['a', 'b', 'c'].map(slow.has)).toEqual([false, false, true]);
});
