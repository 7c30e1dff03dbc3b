import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFrameWatcher } from '../../../lib/local/api-gateway/frame-watcher.ts';

const LIMIT = 1_000;
const TEXT = 1;
const CONTINUATION = 0;
const PING = 9;

/** A masked frame as clients send it; its content does not matter. */
function frame(length: number, opcode = TEXT, isFinal = true): Buffer {
  const head = [(isFinal ? 0x80 : 0) | opcode];
  if (length < 126) return Buffer.from([...head, 0x80 | length, 1, 2, 3, 4, ...Buffer.alloc(length, 0xff)]);
  const extended = Buffer.alloc(length < 65_536 ? 2 : 8);
  if (length < 65_536) extended.writeUInt16BE(length);
  else extended.writeBigUInt64BE(BigInt(length));
  const short = 0x80 | (length < 65_536 ? 126 : 127);
  return Buffer.concat([
    Buffer.from([...head, short]),
    extended,
    Buffer.from([1, 2, 3, 4]),
    Buffer.alloc(length, 0xff),
  ]);
}

/** How many messages come before the first oversized frame, and how often that was reported. */
function watch(chunks: Buffer[]) {
  let reports = 0;
  const watcher = createFrameWatcher(LIMIT, () => {
    reports += 1;
  });
  for (const chunk of chunks) watcher.read(chunk);
  return { before: watcher.messagesBeforeOversized, reports };
}

test('the frame watcher finds no frame that is too large among frames of every length up to the limit', () => {
  const frames = [0, 1, 125, 126, 127, LIMIT].map((length) => frame(length));
  expect(watch(frames)).toEqual({ before: Number.POSITIVE_INFINITY, reports: 0 });
});

test.each([LIMIT + 1, 65_535, 65_536, 200_000])(
  'the frame watcher finds a frame of %i bytes by its header alone',
  (length) => {
    expect(watch([frame(5), frame(length).subarray(0, 14)])).toEqual({ before: 1, reports: 1 });
  },
);

test('the frame watcher counts a message of several frames once, and control frames between them not at all', () => {
  const message = [
    frame(10, TEXT, false),
    frame(0, PING),
    frame(10, CONTINUATION, false),
    frame(10, CONTINUATION),
  ];
  expect(watch([...message, ...message, frame(LIMIT + 1)])).toEqual({ before: 2, reports: 1 });
});

test('the frame watcher finds the same however the stream is cut into chunks', () => {
  const lengths = fc.array(fc.integer({ min: 0, max: LIMIT }), { maxLength: 8 });
  const cuts = fc.array(fc.nat(20_000), { maxLength: 40 });
  fc.assert(
    fc.property(lengths, cuts, fc.boolean(), (before, positions, isOversized) => {
      const oversized = isOversized ? [frame(LIMIT + 1)] : [];
      const stream = Buffer.concat([...before.map((length) => frame(length)), ...oversized, frame(3)]);
      const edges = [0, ...positions.filter((at) => at < stream.length).sort((a, b) => a - b), stream.length];
      const chunks = edges.slice(1).map((end, index) => stream.subarray(edges[index], end));
      expect(watch(chunks).before).toBe(isOversized ? before.length : Number.POSITIVE_INFINITY);
    }),
  );
});
