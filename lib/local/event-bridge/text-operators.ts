export type TextTest = (text: string) => boolean;

/** The operators that take a string and look at strings, shared by fields and by `anything-but`. */
export const textOperators = {
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
    // Taking the first place of each literal is enough, and needs no backtracking.
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
