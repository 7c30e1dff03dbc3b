import { BlockList, isIP } from 'node:net';

/** One element of the array that a pattern gives for a field. */
export interface ValueMatcher {
  accepts(value: Leaf): boolean;
  /** Whether the field may be missing. True only for `{ "exists": false }`. */
  acceptsAbsence: boolean;
}

/** Throws an error whose message ("must be …") the caller puts after the path of the field. */
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

/** A value of an event that a pattern can match. Objects and arrays are not values; a pattern matches their content. */
export type Leaf = string | number | boolean | null;

/**
 * `anything-but`: the field exists and its value is none of these. A value of another type matches (null is not "stopped").
 * For an array in the event, one element that matches is enough.
 */
function anythingBut(operand: unknown): (value: Leaf) => boolean {
  if (typeof operand === 'object' && operand !== null && !Array.isArray(operand)) return noneOf(operand);
  const excluded = Array.isArray(operand) ? operand : [operand];
  const types = new Set(excluded.map((value) => typeof value));
  // EventBridge refuses mixed lists, booleans and null, too.
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
    // Every string starts and ends with the empty string, so that no value would match.
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

type TextTest = (text: string) => boolean;

/** The operators on strings, used for a field and inside `anything-but`. */
const textOperators = {
  prefix:
    (start: string): TextTest =>
    (text) =>
      text.startsWith(start),
  suffix:
    (end: string): TextTest =>
    (text) =>
      text.endsWith(end),
  'equals-ignore-case': (other: string): TextTest => {
    const folded = other.toLowerCase();
    return (text) => text.toLowerCase() === folded;
  },
  wildcard,
};

/** `*` is any number of characters, `\*` and `\\` are the characters themselves. */
function wildcard(pattern: string): TextTest {
  const [first = '', ...others] = literals(pattern);
  const last = others.pop();
  if (last === undefined) return (text) => text === first;
  return (text) => {
    if (!text.startsWith(first)) return false;
    // The first place of each literal is enough; no backtracking is needed.
    let from = first.length;
    for (const literal of others) {
      const at = text.indexOf(literal, from);
      if (at < 0) return false;
      from = at + literal.length;
    }
    return text.length - last.length >= from && text.endsWith(last);
  };
}

function literals(pattern: string): string[] {
  const parts = [''];
  let previous = '';
  for (const [token] of pattern.matchAll(/\\?./gs)) {
    if (token === '*' && previous === '*') throw new Error('must not have two wildcards side by side');
    if (token === '*') parts.push('');
    else parts[parts.length - 1] += character(token);
    previous = token;
  }
  return parts;
}

function character(token: string): string {
  if (!token.startsWith('\\')) return token;
  if (token === '\\*' || token === '\\\\') return token.slice(1);
  throw new Error('must follow a backslash in "wildcard" with * or another backslash');
}

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
function numericRange(operand: unknown): (value: Leaf) => boolean {
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
