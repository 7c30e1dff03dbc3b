import type { Leaf } from './leaf.ts';
import { textOperators } from './text-operators.ts';

/**
 * `anything-but`: the field is there and its value is none of these. A value of another type is always something
 * else (null is not "stopped"); of an array in the event one element that is something else is enough.
 */
export function anythingBut(operand: unknown): (value: Leaf) => boolean {
  if (typeof operand === 'object' && operand !== null && !Array.isArray(operand)) return noneOf(operand);
  const excluded = Array.isArray(operand) ? operand : [operand];
  const types = new Set(excluded.map((value) => typeof value));
  // Mixed lists, booleans and null are refused by EventBridge too.
  if (types.size !== 1 || !(types.has('string') || types.has('number'))) {
    throw new Error('must give "anything-but" strings or numbers, not both');
  }
  return (value) => !excluded.includes(value);
}

function noneOf(operand: object): (value: Leaf) => boolean {
  const [option, ...more] = Object.entries(operand);
  const operator = option && more.length === 0 ? lookUp(option[0]) : undefined;
  if (option === undefined || operator === undefined) {
    throw new Error('must give "anything-but" one of prefix, suffix, equals-ignore-case, wildcard');
  }
  const tests = (Array.isArray(option[1]) ? option[1] : [option[1]]).map((text: unknown) => {
    if (typeof text !== 'string') throw new Error(`must give "anything-but" "${option[0]}" strings`);
    // Every string starts and ends with the empty one: nothing would ever match.
    if (text === '' && /fix$/.test(option[0]))
      throw new Error(`must not give "${option[0]}" an empty string`);
    return operator(text);
  });
  if (tests.length === 0) throw new Error('must not give "anything-but" an empty list');
  return (value) => typeof value !== 'string' || !tests.some((test) => test(value));
}

function lookUp(name: string) {
  return Object.hasOwn(textOperators, name) ? textOperators[name as keyof typeof textOperators] : undefined;
}
