import type * as v from 'valibot';

/** What became of input from outside: the value, or why it is refused. */
export type Parsed<Value, Code extends string> =
  | { ok: true; value: Value }
  | { ok: false; code: Code; message: string };

/**
 * Turns the first issue of a schema into a sentence: where, and what was expected.
 * The value itself is left out: it may be a secret.
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

// A schema without a sentence of its own says "Invalid type: Expected Object but received "the value"".
function hasOwnSentence({ message }: v.BaseIssue<unknown>): boolean {
  return !message.startsWith('Invalid ');
}

function standardSentence({ received, expected }: v.BaseIssue<unknown>): string {
  if (received === 'undefined') return 'is missing';
  return `expected ${expected === 'Object' ? 'an object' : (expected ?? 'something else')}`;
}
