import fc from 'fast-check';
import * as v from 'valibot';
import { expect, it } from 'vitest';
import {
  EPOCH_LENGTH,
  eventFrame,
  LARGEST_POSITION,
  packFrames,
  type SerializedEvent,
} from '../../../lib/protocol/event-frame.ts';
import { MAX_FRAME_BYTES } from '../../../lib/protocol/limits.ts';
import { roomEventTypes } from '../../../lib/protocol/room-events.ts';
import { batchFrameSchema, eventFrameSchema } from '../../../lib/protocol/server-messages.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text).byteLength;

const anyEvent: fc.Arbitrary<SerializedEvent> = fc.record({
  type: fc.constantFrom(...roomEventTypes),
  roomId: fc.stringMatching(/^[A-Za-z0-9_.:-]{1,128}$/),
  id: fc.string({ unit: 'binary', minLength: 1, maxLength: 256 }),
  publishedAt: fc.maxSafeNat(),
  data: fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()).map((data) => JSON.stringify(data)),
});
const anyPosition = fc.record(
  {
    epoch: fc.stringMatching(new RegExp(`^[0-9a-z]{1,${EPOCH_LENGTH}}$`)),
    seq: fc.maxSafeNat(),
    prev: fc.maxSafeNat(),
  },
  { requiredKeys: ['epoch', 'seq'] },
);

it('the frame of an event is the JSON that clients read', () => {
  const event = {
    type: 'order_executed',
    roomId: '42',
    id: 'i',
    publishedAt: 5,
    data: '{"price":"1"}',
  } as const;
  expect(eventFrame(event, { epoch: 'e', seq: 7, prev: 5 })).toBe(
    '{"type":"order_executed","data":{"price":"1"},"roomId":"42","id":"i","publishedAt":5,' +
      '"epoch":"e","seq":7,"prev":5}',
  );
});

it('the frame of an event names nothing before it if it is in no chain', () => {
  const event = { type: 'order_executed', roomId: '42', id: 'i', publishedAt: 5, data: '{}' } as const;
  expect(JSON.parse(eventFrame(event, { epoch: 'e', seq: 7 }))).not.toHaveProperty('prev');
});

it('the frame of an event has all of an event and its position, whatever they are', () => {
  const holds = fc.property(anyEvent, anyPosition, (event, position) => {
    const frame = JSON.parse(eventFrame(event, position));
    expect(v.is(eventFrameSchema, frame)).toBe(true);
    expect(frame).toEqual({ ...event, ...position, data: JSON.parse(event.data) });
    expect(JSON.stringify(frame.data)).toBe(JSON.stringify(JSON.parse(event.data)));
  });
  fc.assert(holds);
});

it('the frame of an event is never larger than at the largest position', () => {
  const holds = fc.property(anyEvent, anyPosition, (event, position) => {
    const largest = bytesOf(eventFrame(event, LARGEST_POSITION));
    expect(bytesOf(eventFrame(event, position))).toBeLessThanOrEqual(largest);
  });
  fc.assert(holds);
});

/** The frames that are in a pack, or are it. */
function framesIn(pack: string): string[] {
  const { type, data } = JSON.parse(pack);
  return type === 'batch' ? data.events.map((event: unknown) => JSON.stringify(event)) : [pack];
}

// Of two and three bytes a character; some too large to be packed at all.
const anyFrame = fc
  .tuple(fc.constantFrom('x', 'é', '€'), fc.nat({ max: 70 }))
  .map(([text, length]) => JSON.stringify({ type: 'order_executed', text: text.repeat(length) }));
const anyFrames = fc.array(anyFrame, { maxLength: 12 });
const MAX = 200;
const holds = (check: (packs: string[], frames: string[]) => void) =>
  fc.assert(
    fc.property(anyFrames, (frames) => check(packFrames(frames, MAX), frames)),
    { numRuns: 500 },
  );

it('packed frames have every frame once, in order', () => {
  holds((packs, frames) => {
    expect(packs.flatMap(framesIn)).toEqual(frames);
  });
});

it('packed frames are no larger than they may be, in bytes, unless a lone frame is', () => {
  holds((packs) => {
    for (const pack of packs.filter((one) => framesIn(one).length > 1)) {
      expect(bytesOf(pack)).toBeLessThanOrEqual(MAX);
    }
  });
});

it('packed frames are as few as they can be in that order', () => {
  holds((packs) => {
    for (const [index, pack] of packs.entries()) {
      const next = packs[index + 1];
      if (next === undefined) continue;
      const [first = ''] = framesIn(next);
      const together = `{"type":"batch","data":{"events":[${[...framesIn(pack), first].join()}]}}`;
      expect(bytesOf(together)).toBeGreaterThan(MAX);
    }
  });
});

it('packed frames leave a lone frame as it is, the very text', () => {
  holds((packs, frames) => {
    for (const pack of packs.filter((one) => framesIn(one).length === 1)) expect(frames).toContain(pack);
  });
});

it('packed frames are of the protocol, and of 32 KB at most, for which AWS bills one message', () => {
  const event = {
    type: 'order_executed',
    roomId: 'r',
    id: 'i',
    publishedAt: 5,
    data: '{"text":"é"}',
  } as const;
  const frames = Array.from({ length: 1_000 }, (_, seq) => eventFrame(event, { epoch: 'e', seq, prev: 0 }));
  const packs = packFrames(frames);
  expect(MAX_FRAME_BYTES).toBe(32_768);
  for (const pack of packs) {
    expect(bytesOf(pack)).toBeLessThanOrEqual(32_768);
    expect(v.is(batchFrameSchema, JSON.parse(pack))).toBe(true);
  }
  expect(packs).toHaveLength(Math.ceil(bytesOf(frames.join()) / 32_000));
});

it('no frames are packed into none', () => {
  expect(packFrames([])).toEqual([]);
});
