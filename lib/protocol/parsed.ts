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
