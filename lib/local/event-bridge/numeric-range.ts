import type { Leaf } from './leaf.ts';

const comparisons: Record<string, (value: number, bound: number) => boolean> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
};

/** EventBridge compares numbers only within this distance of zero. */
const LARGEST = 5_000_000_000;

/** `numeric`: one comparison, or a lower bound followed by an upper one. A string of digits is not a number. */
export function numericRange(operand: unknown): (value: Leaf) => boolean {
  if (!Array.isArray(operand)) throw new Error('must give "numeric" an array');
  const [operator, bound, upperOperator, upper] = operand;
  const one = comparison(operator, bound);
  if (operand.length === 2) return onNumber(one);
  const isRange = operand.length === 4 && /^>=?$/.test(operator) && /^<=?$/.test(upperOperator);
  if (!isRange) throw new Error('must give "numeric" a comparison, or a lower bound and then an upper one');
  const two = comparison(upperOperator, upper);
  if (bound >= upper) throw new Error('must give "numeric" a lower bound below the upper one');
  return onNumber((value) => one(value) && two(value));
}

function comparison(operator: unknown, bound: unknown): (value: number) => boolean {
  const compare = typeof operator === 'string' ? comparisons[operator] : undefined;
  if (compare === undefined) throw new Error(`uses the unknown comparison ${JSON.stringify(operator)}`);
  if (typeof bound !== 'number' || Math.abs(bound) > LARGEST) {
    throw new Error(`must compare with a number between -${LARGEST} and ${LARGEST}`);
  }
  return (value) => compare(value, bound);
}

function onNumber(test: (value: number) => boolean): (value: Leaf) => boolean {
  return (value) => typeof value === 'number' && test(value);
}
