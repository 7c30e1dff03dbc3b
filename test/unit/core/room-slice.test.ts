import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  estimateMembers,
  functionsFor,
  POSITIONS,
  splitRoom,
} from '../../../lib/core/broadcast/room-slice.ts';

/** A first page with so many members, which ends at this position. */
const pageTo = (position: number, members = 1_000) => ({
  members: Array.from({ length: members }),
  rest: { from: position, to: POSITIONS },
});

it('the estimated number of members is exact for a room with only one page', () => {
  expect(estimateMembers({ members: [1, 2, 3], rest: undefined })).toBe(3);
});

it.each([1_001, 5_000, 1_000_000])(
  'the estimated number of members follows from the positions that the first page covers, as for %d',
  (members) => {
    const page = pageTo(Math.round((POSITIONS * 1_000) / members));
    expect(estimateMembers(page) / members).toBeCloseTo(1, 3);
  },
);

it('the estimated number of members is 0 if no member of the first page is on', () => {
  expect(estimateMembers(pageTo(0, 0))).toBe(0);
});

it.each([
  [1_001, 1],
  [4_900, 1],
  [5_100, 2],
  [7_400, 2],
  [7_600, 3],
  [1_000_000, 3],
])('a room of %d members is served by %d functions at 9,000 posts a second', (members, functions) => {
  expect(functionsFor(members, 9_000, 2_500)).toBe(functions);
});

it.each([
  [1, 1],
  [4_000, 1],
  [4_001, 2],
  [45_000, 12],
])(
  'an endless room is served by no more functions than %d posts a second need',
  (postsPerSecond, functions) => {
    expect(functionsFor(estimateMembers(pageTo(0)), postsPerSecond, 2_500)).toBe(functions);
  },
);

it('a room without members is served by one function', () => {
  expect(functionsFor(0, 9_000, 2_500)).toBe(1);
});

const part = fc
  .tuple(fc.integer({ min: 0, max: POSITIONS - 1 }), fc.integer({ min: 1, max: POSITIONS }))
  .filter(([from, to]) => from < to)
  .map(([from, to]) => ({ from, to, after: 'row' }));
const count = fc.integer({ min: 1, max: 20 });

it('the slices of a room cover every position exactly once', () => {
  const property = fc.property(part, count, (rest, parts) => {
    const split = splitRoom(rest, parts);
    expect(split[0]?.from).toBe(rest.from);
    expect(split.at(-1)?.to).toBe(rest.to);
    for (const [index, { from, to }] of split.entries()) {
      expect(from).toBeLessThan(to);
      if (index > 0) expect(from).toBe(split[index - 1]?.to);
    }
  });
  fc.assert(property);
});

it('the first slice of a room goes on after the last row that was read, and the others at their positions', () => {
  const property = fc.property(part, count, (rest, parts) => {
    const [own, ...others] = splitRoom(rest, parts);
    expect(own.after).toBe('row');
    expect(own.to).toBeGreaterThan(rest.from);
    expect(others.filter((other) => 'after' in other)).toEqual([]);
  });
  fc.assert(property);
});

it('the slices of a room have the same size, including the part that was read', () => {
  const third = POSITIONS / 3;
  const ends = splitRoom({ from: 1_000, to: POSITIONS }, 3).map(({ to }) => to);
  expect(ends).toEqual([Math.ceil(third), Math.ceil(2 * third), POSITIONS]);
});
