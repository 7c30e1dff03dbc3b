import { expect, it } from 'vitest';
import { POSITIONS } from '../../../../lib/core/broadcast/room-slice.ts';
import { eventsThatFit, framesThatFit } from '../../../../lib/core/stream/delivery-frames.ts';
import { eventFrame, LARGEST_POSITION } from '../../../../lib/protocol/event-frame.ts';
import { encodeWork } from '../../../../lib/workers/lambda-workers.ts';
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

it.each([
  ['is what the account can post in five seconds', whole(100), 1_000, 50],
  ['is smaller if the first page is only a part of the room', part(10, 100), 1_000, 5],
  ['is at least one', whole(1_000), 100, 1],
  ['is one even if batches alone take all the time', whole(1, 1_000), 100, 1],
  ['is at most a hundred', whole(1), 1_000_000, 100],
  ['is a hundred if everybody takes batches, which are one post each', whole(0, 1_000), 1_000, 100],
  ['counts a member that takes batches as one post', whole(100, 1_000), 1_000, 40],
  ['takes the first page as a sample of who takes batches', part(10, 50, 50), 1_000, 9],
  ['is a hundred in a room without members', whole(0), 1_000, 100],
  ['is a hundred if nobody of the first page is on', part(10, 0), 1_000, 100],
])('the number of frames of one delivery %s', (_, page, postsPerSecond, frames) => {
  expect(framesThatFit(page, postsPerSecond)).toBe(frames);
});

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
  return encodeWork({ roomId: event.roomId, slice: { from: 0, to: 1 }, frames, limits });
};

it.each([
  ['large events', JSON.stringify({ text: 'x'.repeat(128_000) })],
  ['events that are nothing but quotes', JSON.stringify({ text: '"'.repeat(30_000) })],
  ['events with characters of four bytes', JSON.stringify({ text: '\u{1f600}'.repeat(30_000) })],
  ['small events', '{}'],
])('as many %s as fit make an input of the worker below the 6 MB of an Invoke', (_, data) => {
  const events = Array.from({ length: 100 }, () => ({ data }));
  const count = eventsThatFit(events);
  expect(count).toBeGreaterThan(0);
  expect(Buffer.byteLength(payloadOf(data, count))).toBeLessThan(LIMIT);
});

it('a hundred usual events fit into one delivery, and at least one, however large it is', () => {
  const usual = Array.from({ length: 100 }, () => ({ data: 'x'.repeat(2_000) }));
  expect(eventsThatFit(usual)).toBe(100);
  expect(eventsThatFit([{ data: 'x'.repeat(3_000_000) }, { data: '{}' }])).toBe(1);
});
