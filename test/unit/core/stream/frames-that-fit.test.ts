import { describe, expect, it } from 'vitest';
import { POSITIONS } from '../../../../lib/core/broadcast/room-slice.ts';
import { eventsThatFit, framesThatFit } from '../../../../lib/core/stream/conflate.ts';
import { eventFrame, LARGEST_POSITION } from '../../../../lib/protocol/event-frame.ts';
import { encodeSlice } from '../../../../lib/workers/lambda-workers.ts';
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

describe('the number of frames of one delivery', () => {
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

describe('what a worker can be handed', () => {
  const LIMIT = 6 * 1024 * 1024;
  const payloadOf = (data: string, count: number) => {
    const event = {
      type: 'order_executed',
      roomId: 'r'.repeat(128),
      id: '\u0001'.repeat(256),
      publishedAt: 1,
    } as const;
    const frames = Array.from({ length: count }, () => eventFrame({ ...event, data }, LARGEST_POSITION));
    const limits = { postsPerSecond: 1, burst: 1 };
    return encodeSlice({ roomId: event.roomId, slice: { from: 0, to: 1 }, frames, limits });
  };

  it.each([
    ['of large events', JSON.stringify({ text: 'x'.repeat(128_000) })],
    ['of events that are nothing but quotes', JSON.stringify({ text: '"'.repeat(30_000) })],
    ['of characters of four bytes', JSON.stringify({ text: '\u{1f600}'.repeat(30_000) })],
    ['of small events', '{}'],
  ])('is less than the 6 MB of an Invoke with as many as fit %s', (_, data) => {
    const events = Array.from({ length: 100 }, () => ({ data }));
    const count = eventsThatFit(events);
    expect(count).toBeGreaterThan(0);
    expect(Buffer.byteLength(payloadOf(data, count))).toBeLessThan(LIMIT);
  });

  it('is all of a hundred usual events, and one however large it is', () => {
    const usual = Array.from({ length: 100 }, () => ({ data: 'x'.repeat(2_000) }));
    expect(eventsThatFit(usual)).toBe(100);
    expect(eventsThatFit([{ data: 'x'.repeat(3_000_000) }, { data: '{}' }])).toBe(1);
  });
});
