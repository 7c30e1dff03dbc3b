import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NOTHING_DONE } from '../../../lib/core/broadcast-result.ts';
import { decodeResult, decodeWork, encodeWork } from '../../../lib/workers/lambda-workers.ts';

it('the message to a worker brings the very text of the frames, in order, whatever is in it', () => {
  const texts = fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 4 });
  const property = fc.property(texts, (frames) => {
    const work = {
      roomId: 'r',
      slice: { from: 0, to: 1 },
      frames,
      limits: { postsPerSecond: 1, burst: 1 },
    };
    expect(decodeWork(JSON.parse(encodeWork(work)))).toEqual(work);
  });
  fc.assert(property);
});

it.each([
  undefined,
  {},
  'text',
  { roomId: 'r', slice: { from: -1, to: 1 }, frames: [''], limits: { postsPerSecond: 1, burst: 1 } },
  { roomId: 'r', slice: { from: 0, to: 1 }, frames: [], limits: { postsPerSecond: 1, burst: 1 } },
  { roomId: 'r', slice: { from: 0, to: 1 }, frames: [7], limits: { postsPerSecond: 1, burst: 1 } },
  { roomId: 'r', slice: { from: 0, to: 1 }, frame: '{}', limits: { postsPerSecond: 1, burst: 1 } },
])('the message to a worker that is %j is refused', (payload) => {
  expect(() => decodeWork(payload)).toThrow();
});

it('the answer of a worker is what it has counted, and whether it must be done again', () => {
  const result = { ...NOTHING_DONE, delivered: 3, status: 'retry' };
  expect(decodeResult(JSON.parse(JSON.stringify(result)))).toEqual(result);
});

it('the answer of a worker is refused if it does not say whether it must be done again', () => {
  const { status: _, ...rest } = NOTHING_DONE;
  expect(() => decodeResult(rest)).toThrow();
});
