import { BlockList, isIP } from 'node:net';
import { anythingBut } from './anything-but.ts';
import type { Leaf } from './leaf.ts';
import { numericRange } from './numeric-range.ts';
import { type TextTest, textOperators } from './text-operators.ts';

/** One element of the array that a pattern gives for a field. */
export interface ValueMatcher {
  accepts(value: Leaf): boolean;
  /** Whether the field may be missing: true of `{ "exists": false }` alone. */
  acceptsAbsence: boolean;
}

/** Throws a sentence without its subject ("must be …"), to which the caller puts the path of the field. */
export function valueMatcher(written: unknown): ValueMatcher {
  if (typeof written !== 'object' || written === null) return present((value) => value === written);
  const [operator, ...more] = Object.entries(written);
  if (operator === undefined || more.length > 0 || Array.isArray(written)) {
    throw new Error('must list strings, numbers, true, false, null or objects with exactly one operator');
  }
  return operation(operator[0], operator[1]);
}

function operation(name: string, operand: unknown): ValueMatcher {
  switch (name) {
    case 'prefix':
    case 'suffix':
      return present(onText(affix(name, operand)));
    case 'equals-ignore-case':
    case 'wildcard':
      return present(onText(textOperators[name](asText(name, operand))));
    case 'anything-but':
      return present(anythingBut(operand));
    case 'numeric':
      return present(numericRange(operand));
    case 'cidr':
      return present(onText(addressRange(operand)));
    case 'exists':
      return existence(operand);
    default:
      throw new Error(`uses the unknown operator "${name}"`);
  }
}

function present(accepts: (value: Leaf) => boolean): ValueMatcher {
  return { accepts, acceptsAbsence: false };
}

function existence(operand: unknown): ValueMatcher {
  if (typeof operand !== 'boolean') throw new Error('must say "exists" with true or false');
  return { accepts: () => operand, acceptsAbsence: !operand };
}

function affix(name: 'prefix' | 'suffix', operand: unknown): TextTest {
  if (typeof operand !== 'object' || operand === null) return textOperators[name](asText(name, operand));
  const [option, ...more] = Object.entries(operand);
  if (option?.[0] !== 'equals-ignore-case' || more.length > 0) {
    throw new Error(`must give "${name}" a string or { "equals-ignore-case": string }`);
  }
  const test = textOperators[name](asText(name, option[1]).toLowerCase());
  return (text) => test(text.toLowerCase());
}

function addressRange(operand: unknown): TextTest {
  const [network = '', bits, ...more] = asText('cidr', operand).split('/');
  const family = isIP(network);
  const longest = family === 4 ? 32 : 128;
  if (family === 0 || more.length > 0 || !/^\d{1,3}$/.test(bits ?? '') || Number(bits) > longest) {
    throw new Error('must give "cidr" an address range such as "10.0.0.0/24"');
  }
  const range = new BlockList();
  range.addSubnet(network, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  return (text) => isIP(text) === family && range.check(text, family === 4 ? 'ipv4' : 'ipv6');
}

function onText(test: TextTest): (value: Leaf) => boolean {
  return (value) => typeof value === 'string' && test(value);
}

function asText(name: string, operand: unknown): string {
  if (typeof operand !== 'string') throw new Error(`must give "${name}" a string`);
  return operand;
}
