import { expect, it } from 'vitest';
import { newRoot, nextInChain } from '../../../lib/local/lambda/recursion-detection.ts';

const ROOT = '1-65a1c1f0-0123456789abcdef01234567';
const OTHER = '1-65a1c1f0-fedcba9876543210fedcba98';

/** The last link of a chain that came through these functions. */
function chainOf(functions: readonly string[], root = ROOT) {
  let [link] = [nextInChain([], functions[0] ?? '', () => root)];
  for (const name of functions.slice(1)) link = nextInChain([link.traceHeader], name, () => 'not asked for');
  return link;
}

const times = (count: number, ...names: string[]) => Array.from({ length: count }, () => names).flat();

it('a chain of invocations counts how often each function has been invoked in it, under one id', () => {
  expect(chainOf(['a'])).toMatchObject({ root: ROOT, invocations: 1 });
  expect(chainOf(['a', 'b', 'a', 'c', 'a'])).toMatchObject({ root: ROOT, invocations: 3 });
  expect(chainOf(['a', 'b', 'a', 'c'])).toMatchObject({ root: ROOT, invocations: 1 });
});

it('a chain of invocations has a header that grows with the number of functions and not of invocations', () => {
  const lengthOf = (names: string[]) => chainOf(names).traceHeader.length;
  expect(chainOf(['a', 'b', 'a']).traceHeader).toMatch(
    /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Lineage=3:[0-9a-f]{8}:2\|[0-9a-f]{8}:1$/,
  );
  expect(lengthOf(times(2_000, 'a', 'b'))).toBe(lengthOf(times(100, 'a', 'b')));
});

it('a chain of invocations of a batch is the longest that one of its messages has, for each function', () => {
  const [long, short] = [chainOf(times(12, 'a')), chainOf(['b', 'b', 'a'], OTHER)];
  const headers = [short.traceHeader, long.traceHeader];
  for (const batch of [headers, [...headers].reverse()]) {
    expect(nextInChain(batch, 'a', () => 'new')).toMatchObject({ root: ROOT, invocations: 13 });
    expect(nextInChain(batch, 'b', () => 'new')).toMatchObject({ root: OTHER, invocations: 3 });
  }
});

it.each([
  ['', 'new'],
  ['Sampled=1', 'new'],
  [`Root=${ROOT}`, ROOT],
  [`Root=${ROOT};Parent=53995c3f42cd8ad8;Sampled=1`, ROOT],
  [`Root=${ROOT};Lineage=many`, ROOT],
  [`Root=${ROOT};Lineage=1:0a1b2c3d:-5`, ROOT],
])('a chain of invocations begins with a request whose header is "%s"', (header, root) => {
  expect(nextInChain([header], 'a', () => 'new')).toMatchObject({ root, invocations: 1 });
});

it('a chain of invocations has an id of the time and 24 hexadecimal digits of a UUID', () => {
  const root = newRoot(Date.UTC(2026, 0, 1), '9f0c6a52-3d4f-4b36-8c1d-2f5f0c3f9a10');
  expect(root).toBe('1-6955b900-9f0c6a523d4f4b368c1d2f5f');
});
