import { expect, test } from 'vitest';
import { fifoBuffer } from '../../../lib/local/sqs/message-groups.ts';

test('A FIFO buffer gives items back in the order in which they came, also when pushes and shifts alternate', () => {
  const numbers = fifoBuffer<number>();
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
