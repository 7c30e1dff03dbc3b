import type * as v from 'valibot';

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
  // A schema without a sentence of its own says "Invalid type: Expected Object but received "the value"".
  const expected = issue.message.startsWith('Invalid ')
    ? `expected ${issue.expected ?? 'something else'}`
    : issue.message;
  return `${where}: ${expected}`;
}
