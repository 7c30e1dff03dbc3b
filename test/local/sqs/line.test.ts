import { expect, test } from 'vitest';
import { line } from '../../../lib/local/sqs/line.ts';

test('a line gives back what came into it, in that order, also when it comes and goes', () => {
  const numbers = line<number>();
  expect([numbers.first(), numbers.shift()]).toEqual([undefined, undefined]);
  const given: (number | undefined)[] = [];
  for (let number = 0; number < 100; number += 1) {
    numbers.push(number);
    if (number % 3 > 0) given.push(numbers.shift());
  }
  while (numbers.first() !== undefined) given.push(numbers.shift());
  expect(given).toEqual(Array.from({ length: 100 }, (_, number) => number));
  expect(numbers.shift()).toBeUndefined();
});
