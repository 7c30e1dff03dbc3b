import { expect, it } from 'vitest';
import { chainFrames, type FramesBefore } from '../../../../lib/core/stream/delivery-frames.ts';
import { START } from '../../../support/virtual-time.ts';
import { logged } from './room-events.ts';

const room = { roomId: 'r', epoch: 'e' };

/** Number of each frame, and the one that it names before it. */
function chain(numbers: readonly number[], before: Partial<FramesBefore> = {}): [number, number][] {
  const events = numbers.map((seq) => logged(seq));
  const frames = chainFrames(room, events, { lastFrameSeq: 0, lastMissingSeq: 0, ...before });
  return frames.map((frame) => {
    const { prev, seq } = JSON.parse(frame);
    return [prev, seq];
  });
}

it('frames are the events with their numbers, as clients read them', () => {
  const frames = chainFrames(room, [logged(3, { data: { price: '1.5' } })], {
    lastFrameSeq: 2,
    lastMissingSeq: 0,
  });
  expect(frames.map((frame) => JSON.parse(frame))).toEqual([
    {
      type: 'order_executed',
      data: { price: '1.5' },
      roomId: 'r',
      id: 'event-3',
      publishedAt: START,
      epoch: 'e',
      seq: 3,
      prev: 2,
    },
  ]);
});

it('each frame names the one before it, and the first the last one that was sent', () => {
  expect(chain([5, 6, 9], { lastFrameSeq: 3 })).toEqual([
    [3, 5],
    [5, 6],
    [6, 9],
  ]);
});

it('the first frame of a room names 0', () => {
  expect(chain([1])).toEqual([[0, 1]]);
});

it('the first frame names an event that was missing before it, so that every client sees the gap', () => {
  expect(chain([5, 6], { lastFrameSeq: 2, lastMissingSeq: 4 })).toEqual([
    [4, 5],
    [5, 6],
  ]);
});

it('an event that is missing between frames is named only by the first frame after it', () => {
  expect(chain([3, 5, 7], { lastFrameSeq: 2, lastMissingSeq: 4 })).toEqual([
    [2, 3],
    [4, 5],
    [5, 7],
  ]);
});

it('an event that is missing after all frames is not named', () => {
  expect(chain([3], { lastFrameSeq: 2, lastMissingSeq: 4 })).toEqual([[2, 3]]);
});
