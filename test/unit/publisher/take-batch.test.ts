import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MAX_BYTES, MAX_ENTRIES, takeBatch } from '../../../lib/publisher/outbox.ts';

const queued = fc.array(
  fc.record({
    roomId: fc.constantFrom('1', '2', '3'),
    bytes: fc.oneof(fc.integer({ min: 1, max: 2_000 }), fc.integer({ min: 100_000, max: 140_000 })),
  }),
  { maxLength: 60, size: 'max' },
);
const busyRooms = fc.uniqueArray(fc.constantFrom('1', '2', '3'), { maxLength: 2 });

it('a call of PutEvents has at most ten entries and a megabyte', () => {
  fc.assert(
    fc.property(queued, busyRooms, (events, busy) => {
      const batch = takeBatch([...events], new Set(busy));
      expect(batch.length).toBeLessThanOrEqual(MAX_ENTRIES);
      expect(batch.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(MAX_BYTES);
    }),
  );
});

it('a call of PutEvents has no event of a busy room, and loses none', () => {
  fc.assert(
    fc.property(queued, busyRooms, (events, busy) => {
      const queue = [...events];
      const batch = takeBatch(queue, new Set(busy));
      expect(batch.filter(({ roomId }) => busy.includes(roomId))).toEqual([]);
      expect(new Set([...batch, ...queue])).toEqual(new Set(events));
    }),
  );
});

it('a call of PutEvents has the first events of its rooms, in order', () => {
  fc.assert(
    fc.property(queued, busyRooms, (events, busy) => {
      const queue = [...events];
      const batch = takeBatch(queue, new Set(busy));
      for (const room of ['1', '2', '3']) {
        const of = (list: typeof events) => list.filter(({ roomId }) => roomId === room);
        expect([...of(batch), ...of(queue)]).toEqual(of(events));
      }
    }),
  );
});

it('a call of PutEvents is less than a megabyte, because a megabyte is refused', () => {
  const half = { roomId: '1', bytes: 512 * 1024 };
  expect(takeBatch([half, half], new Set())).toHaveLength(1);
  expect(takeBatch([half, { ...half, bytes: half.bytes - 1 }], new Set())).toHaveLength(2);
});

it('a call of PutEvents is taken from a queue of any length', () => {
  const events = Array.from({ length: 300_000 }, () => ({ roomId: '1', bytes: 100 }));
  takeBatch(events, new Set());
  expect(events).toHaveLength(299_990);
});

it('a call of PutEvents is full if there is enough', () => {
  const events = Array.from({ length: 25 }, () => ({ roomId: '1', bytes: 100 }));
  expect(takeBatch(events, new Set())).toHaveLength(MAX_ENTRIES);
  expect(events).toHaveLength(15);
});
