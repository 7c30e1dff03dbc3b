import { describe, expect, it } from 'vitest';
import { connectionIdOf, membershipKey } from '../../../lib/store/keys.ts';

describe('the key of a membership', () => {
  it('spreads connection ids that look alike evenly over the key range', () => {
    const counts = new Map<string, number>();
    for (let connection = 0; connection < 1_600; connection += 1) {
      const digit = membershipKey('r', `connection-${connection}=`).sk.slice(0, 1);
      counts.set(digit, (counts.get(digit) ?? 0) + 1);
    }
    expect([...counts.keys()].sort().join('')).toBe('0123456789abcdef');
    expect(Math.min(...counts.values())).toBeGreaterThan(70);
    expect(Math.max(...counts.values())).toBeLessThan(130);
  });

  it.each(['L0SM9cOFvHcCIhw=', '', '#', 'a#b'])('tells whose it is: %j', (connectionId) => {
    expect(connectionIdOf(membershipKey('r', connectionId).sk)).toBe(connectionId);
  });
});
