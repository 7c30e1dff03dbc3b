import { expect, it } from 'vitest';
import {
  connectionIdOf,
  cursorKey,
  eventKey,
  logPartition,
  membershipKey,
  retainedValueKey,
  retainedValuePrefix,
  roomPartition,
} from '../../../lib/store/keys.ts';

it('the key of a membership spreads connection ids that look alike evenly over the key range', () => {
  const counts = new Map<string, number>();
  for (let connection = 0; connection < 1_600; connection += 1) {
    const digit = membershipKey('r', `connection-${connection}=`).sk.slice(0, 1);
    counts.set(digit, (counts.get(digit) ?? 0) + 1);
  }
  expect([...counts.keys()].sort().join('')).toBe('0123456789abcdef');
  expect(Math.min(...counts.values())).toBeGreaterThan(70);
  expect(Math.max(...counts.values())).toBeLessThan(130);
});

it.each(['L0SM9cOFvHcCIhw=', '', '#', 'a#b'])(
  'the key of a membership tells whose it is: %j',
  (connectionId) => {
    expect(connectionIdOf(membershipKey('r', connectionId).sk)).toBe(connectionId);
  },
);

it('the keys of a room log are in a partition of their own, apart from the members of the room', () => {
  const keys = [cursorKey('r'), eventKey('r', 'e', 1), retainedValueKey('r', 'e', 'k')];
  expect(new Set(keys.map(({ pk }) => pk))).toEqual(new Set([logPartition('r')]));
  expect(logPartition('r')).not.toBe(roomPartition('r'));
});

it('the keys of a room log have the events of an epoch in the order of their numbers', () => {
  const numbers = [0, 1, 9, 10, 99, 1_000, 123_456_789, Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER];
  const keys = numbers.map((seq) => eventKey('r', 'e', seq).sk);
  expect([...keys].sort()).toEqual(keys);
});

it('the keys of a room log have no event of one epoch among those of another', () => {
  const [first, last] = [eventKey('r', 'e', 0).sk, eventKey('r', 'e', Number.MAX_SAFE_INTEGER).sk];
  for (const epoch of ['d', 'e0', 'E', 'f', '']) {
    const { sk } = eventKey('r', epoch, 5);
    expect(sk < first || sk > last).toBe(true);
  }
});

it('the keys of a room log have every retained value of an epoch behind its prefix, and none of another epoch', () => {
  expect(retainedValueKey('r', 'e', 'k').sk.startsWith(retainedValuePrefix('e'))).toBe(true);
  expect(retainedValueKey('r', 'e2', 'k').sk.startsWith(retainedValuePrefix('e'))).toBe(false);
});

it('the keys of a room log are short and differ, however long and alike the ids of positions are', () => {
  const keys = ['x'.repeat(100_000), `${'x'.repeat(100_000)}1`].map(
    (id) => retainedValueKey('r', 'e', id).sk,
  );
  expect(new Set(keys).size).toBe(2);
  for (const key of keys) expect(Buffer.byteLength(key)).toBeLessThan(1_024);
});
