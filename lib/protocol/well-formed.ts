/** Keys that are safe to quote in a sentence, which goes into log lines and message attributes. */
const PLAIN_KEY = /^[\w-]{1,64}$/;

/**
 * Where in a JSON value the first text is that is not well-formed, as a path behind `root`; undefined where all is. Keys
 * are looked at like values, at any depth. Half of a surrogate pair has no UTF-8: a hash, a table and a queue each make
 * something else of it, or refuse it, and two texts that differ become one key.
 */
export function illFormedPath(json: unknown, root: string): string | undefined {
  // Not by recursion: JSON may be nested more deeply than the stack allows.
  const open: Place[] = [{ value: json, path: root }];
  const seen = new Set<unknown>();
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const { value, path } = place;
    if (typeof value === 'string' && !value.isWellFormed()) return path;
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    for (const [key, inner] of Object.entries(value)) {
      if (!key.isWellFormed()) return `${path} (a key)`;
      open.push({ value: inner, path: pathOf(path, key) });
    }
  }
  return undefined;
}

interface Place {
  value: unknown;
  path: string;
}

const MOST_PATH_LENGTH = 256;

function pathOf(parent: string, key: string): string {
  return parent.length > MOST_PATH_LENGTH ? parent : `${parent}.${PLAIN_KEY.test(key) ? key : '*'}`;
}
