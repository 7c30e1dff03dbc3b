import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { memberPages, POSITIONS } from '../../../lib/core/broadcast/room-slice.ts';
import { member } from './room-in-pages.ts';

const rest = { from: 1, to: POSITIONS };

it('a page that was read ahead, fails, and is not asked for any more, is no unhandled rejection', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  const reads = [Promise.resolve({ members: [member('a')], rest }), Promise.reject(new Error('page 2'))];
  const readMembers = async () => reads.shift() ?? { members: [], rest: undefined };
  for await (const page of memberPages({ readMembers }, 'r', readMembers())) {
    expect(page).toEqual([member('a')]);
    break;
  }
  await setImmediate();
  await setImmediate();
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});
