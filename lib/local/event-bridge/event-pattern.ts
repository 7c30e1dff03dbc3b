import type { Leaf } from './value-matcher.ts';
import { type ValueMatcher, valueMatcher } from './value-matcher.ts';

/** A condition on one field of the event. The matchers are alternatives. */
interface Condition {
  path: string;
  matchers: ValueMatcher[];
}

/** A scalar of the event, and the element of each array of objects that contains it. */
interface Field {
  value: Leaf;
  within: ArrayElements;
}

type ArrayElements = ReadonlyMap<object, number>;

/** EventBridge refuses a pattern whose `$or` branches multiply to more. */
const MAX_COMBINATIONS = 1_000;

/**
 * Compiles an EventBridge event pattern. Throws for a pattern that `PutRule` would refuse, so that a misspelt operator fails at
 * the start and does not silently drop events. As in aws/event-ruler, field names are joined with dots, and all conditions on
 * fields inside an array of objects must hold for the same element.
 */
export function compilePattern(pattern: unknown): (event: Record<string, unknown>) => boolean {
  const alternatives = combinations(pattern, '');
  return (event) => {
    const fields = new Map<string, Field[]>();
    collectFields(event, '', new Map(), fields);
    return alternatives.some((conditions) => hold(conditions, fields, new Map()));
  };
}

/** Whether one event matches a pattern. For many events, compile the pattern once. */
export function matches(pattern: Record<string, unknown>, event: Record<string, unknown>): boolean {
  return compilePattern(pattern)(event);
}

/** Each combination is one way to satisfy the pattern: all its conditions must hold. Only `$or` makes several. */
function combinations(pattern: unknown, path: string): Condition[][] {
  if (!isObject(pattern)) throw notValid(path, 'must be an object or an array');
  const entries = Object.entries(pattern);
  if (entries.length === 0) throw notValid(path, 'is an empty object, which is not allowed');
  let all: Condition[][] = [[]];
  for (const [name, value] of entries) {
    const own = name === '$or' ? orCombinations(value, path) : fieldCombinations(value, join(path, name));
    all = all.flatMap((left) => own.map((right) => [...left, ...right]));
    if (all.length > MAX_COMBINATIONS) throw notValid(path, `has more than ${MAX_COMBINATIONS} combinations`);
  }
  return all;
}

function orCombinations(value: unknown, path: string): Condition[][] {
  if (!Array.isArray(value) || value.length < 2) {
    throw notValid(join(path, '$or'), 'must be an array of at least two objects');
  }
  return value.flatMap((branch) => combinations(branch, path));
}

function fieldCombinations(value: unknown, path: string): Condition[][] {
  if (!Array.isArray(value)) return combinations(value, path);
  if (value.length === 0) throw notValid(path, 'is an empty array, which is not allowed');
  const matchers = value.map((written) => {
    try {
      return valueMatcher(written);
    } catch (error) {
      throw notValid(path, error instanceof Error ? error.message : String(error));
    }
  });
  return [[{ path, matchers }]];
}

function collectFields(
  value: unknown,
  path: string,
  within: ArrayElements,
  into: Map<string, Field[]>,
): void {
  if (Array.isArray(value)) {
    value.forEach((element, index) => {
      // Conditions must agree on an element only if it is an object; different scalars of an array may satisfy them.
      collectFields(element, path, isObject(element) ? new Map(within).set(value, index) : within, into);
    });
  } else if (isObject(value)) {
    for (const [name, inner] of Object.entries(value)) collectFields(inner, join(path, name), within, into);
  } else {
    const field = { value: value as Leaf, within };
    const others = into.get(path);
    if (others) others.push(field);
    else into.set(path, [field]);
  }
}

function hold(conditions: Condition[], fields: ReadonlyMap<string, Field[]>, chosen: ArrayElements): boolean {
  const [condition, ...rest] = conditions;
  if (condition === undefined) return true;
  const candidates = fields.get(condition.path);
  if (candidates === undefined) {
    return condition.matchers.some((matcher) => matcher.acceptsAbsence) && hold(rest, fields, chosen);
  }
  return candidates.some(
    ({ value, within }) =>
      condition.matchers.some((matcher) => matcher.accepts(value)) &&
      agree(within, chosen) &&
      hold(rest, fields, new Map([...chosen, ...within])),
  );
}

function agree(one: ArrayElements, other: ArrayElements): boolean {
  return [...one].every(([array, index]) => (other.get(array) ?? index) === index);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function notValid(path: string, reason: string): Error {
  return new Error(`Event pattern is not valid: ${path === '' ? 'the pattern' : path} ${reason}`);
}
