import { describe, expect, it } from 'vitest';
import { framesThatFit } from '../../../../lib/core/lane/frames-that-fit.ts';
import { POSITIONS } from '../../../../lib/core/room-part.ts';
import { member } from '../room-in-pages.ts';

const members = (single: number, batch = 0) => [
  ...Array.from({ length: single }, (_, index) => member(`s${index}`)),
  ...Array.from({ length: batch }, (_, index) => member(`b${index}`, { batch: true })),
];

const whole = (single: number, batch = 0) => ({ members: members(single, batch), rest: undefined });
/** A page of a room that is so many times as large. */
const part = (times: number, single: number, batch = 0) => ({
  members: members(single, batch),
  rest: { from: Math.round(POSITIONS / times) - 1, to: POSITIONS },
});

describe('what one flush can bring to everybody', () => {
  it.each([
    ['is what five seconds of the account are enough for', whole(100), 1_000, 50],
    ['is less in a room whose first page is only a part of it', part(10, 100), 1_000, 5],
    ['is one frame at least', whole(1_000), 100, 1],
    ['is one frame also where batches alone take all the time', whole(1, 1_000), 100, 1],
    ['is a hundred frames at most', whole(1), 1_000_000, 100],
    [
      'is a hundred frames where everybody takes batches: they are one post each',
      whole(0, 1_000),
      1_000,
      100,
    ],
    ['counts a member that takes batches as one post', whole(100, 1_000), 1_000, 40],
    ['takes the first page as a sample of who takes batches', part(10, 50, 50), 1_000, 9],
    ['is a hundred frames to nobody', whole(0), 1_000, 100],
    ['is a hundred frames where nobody of the first page is on', part(10, 0), 1_000, 100],
  ])('%s', (_, page, postsPerSecond, frames) => {
    expect(framesThatFit(page, postsPerSecond)).toBe(frames);
  });
});
