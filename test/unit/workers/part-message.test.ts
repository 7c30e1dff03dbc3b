import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePart, encodePart } from '../../../lib/workers/part-message.ts';

describe('the message to a worker', () => {
  it('brings the very bytes of the frame, whatever text is in it', () => {
    const property = fc.property(fc.string({ unit: 'binary' }), (text) => {
      const frame = new TextEncoder().encode(JSON.stringify({ text }));
      const work = { roomId: 'r', part: { from: 0, to: 1 }, frame, limits: { postsPerSecond: 1, burst: 1 } };
      expect(decodePart(JSON.parse(encodePart(work)))).toEqual(work);
    });
    fc.assert(property);
  });

  it.each([
    undefined,
    {},
    'text',
    { roomId: 'r', part: { from: -1, to: 1 }, frame: '', limits: { postsPerSecond: 1, burst: 1 } },
    { roomId: 'r', part: { from: 0, to: 1 }, frame: 7, limits: { postsPerSecond: 1, burst: 1 } },
  ])('that is %j is refused', (payload) => {
    expect(() => decodePart(payload)).toThrow();
  });
});
