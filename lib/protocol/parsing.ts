import type * as v from 'valibot';

/** The result of parsing input: the value, or why it is refused. */
export type Parsed<Value, Code extends string> =
  | { ok: true; value: Value }
  | { ok: false; code: Code; message: string };

/**
 * Turns the first issue of a schema into a sentence that says where it is and what was expected. Leaves out the value,
 * because it may be a secret.
 */
export function sentence(
  issues: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]],
  root: string,
): string {
  const [issue] = issues;
  const keys = (issue.path ?? []).map((item) => String(item.key));
  const where = [root, ...keys].join('.');
  return `${where}: ${hasOwnSentence(issue) ? issue.message : standardSentence(issue)}`;
}

// The default message of a schema is "Invalid type: Expected Object but received "the value"".
function hasOwnSentence({ message }: v.BaseIssue<unknown>): boolean {
  return !message.startsWith('Invalid ');
}

function standardSentence({ received, expected }: v.BaseIssue<unknown>): string {
  if (received === 'undefined') return 'is missing';
  return `expected ${expected === 'Object' ? 'an object' : (expected ?? 'something else')}`;
}

/** Keys that are safe to quote in log lines and message attributes. */
const PLAIN_KEY = /^[\w-]{1,64}$/;

const EXPECTED_TEXT = 'expected well-formed text, without half a surrogate pair';
const EXPECTED_NUMBER = 'expected a finite number';

/**
 * What in a JSON value cannot be stored or sent unchanged, as a sentence that starts with its path from `root`; undefined if
 * nothing. Checks texts, keys and numbers at every depth. Half a surrogate pair cannot be encoded as UTF-8: hashes, tables
 * and queues replace or refuse it, so two different texts could become the same key. `JSON.parse` reads a number such as
 * 1e400 as `Infinity`, which `JSON.stringify` writes as `null`.
 */
export function unfitForJson(json: unknown, root: string): string | undefined {
  // Iterative, because JSON may be nested more deeply than the stack allows.
  const open: Place[] = [{ value: json, path: root }];
  const seen = new Set<unknown>();
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const { value, path } = place;
    if (typeof value === 'string' && !value.isWellFormed()) return `${path}: ${EXPECTED_TEXT}`;
    if (typeof value === 'number' && !Number.isFinite(value)) return `${path}: ${EXPECTED_NUMBER}`;
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    for (const [key, inner] of Object.entries(value)) {
      if (!key.isWellFormed()) return `${path} (a key): ${EXPECTED_TEXT}`;
      open.push({ value: inner, path: pathOf(path, key) });
    }
  }
  return undefined;
}

interface Place {
  value: unknown;
  path: string;
}

const MAX_PATH_LENGTH = 256;

function pathOf(parent: string, key: string): string {
  return parent.length > MAX_PATH_LENGTH ? parent : `${parent}.${PLAIN_KEY.test(key) ? key : '*'}`;
}
