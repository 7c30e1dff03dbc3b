import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../support/start-local.ts';
import { folders, runsOf, selection } from './folders.ts';
import { judge, type Mutant, mutatedBy } from './judge.ts';
import { survivors } from './survivors.ts';

describe('the list of mutants that may survive', () => {
  it.each(survivors)('$file: $mutated', (survivor) => {
    const source = readFileSync(join(root, survivor.file), 'utf8');
    expect(mutatedBy(survivor, source)).not.toBe(source);
    expect(survivor.why).toMatch(/^[A-Z].{20,}\.$/s);
  });

  it('has none twice', () => {
    const keys = survivors.map(({ file, code, mutated }) => `${file} ${code} ${mutated}`);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('what mutants have come to', () => {
  const file = 'lib/core/toy.ts';
  const source = ['if (a < b) {', '  return a;', '}', 'if (c) {', '  return a;', '}', ''].join('\n');
  const sources = new Map([[file, source]]);
  const mutant = (
    status: string,
    line: number,
    [from, to]: [number, number],
    replacement: string,
  ): Mutant => ({
    file,
    status,
    replacement,
    start: { line, column: from },
    end: { line, column: to },
  });
  const lessOrEqual = mutant('Survived', 1, [5, 10], 'a <= b');
  const explained = { file, code: 'if (a < b) {', mutated: 'if (a <= b) {', why: 'Both are the same here.' };

  it('is counted, and what has survived without a sentence is shown as the list has it', () => {
    const mutants = [
      mutant('Killed', 1, [5, 10], 'true'),
      mutant('Timeout', 4, [5, 6], 'false'),
      lessOrEqual,
    ];
    expect(judge(mutants, [], sources)).toEqual({
      mutants: 3,
      killed: 1,
      timedOut: 1,
      explained: 0,
      unexplained: [{ file, code: 'if (a < b) {', mutated: 'if (a <= b) {' }],
      outdated: [],
    });
  });

  it('is explained where the list has it, in whatever part of the code it is written there', () => {
    for (const part of [explained, { ...explained, code: 'a < b', mutated: 'a <= b' }]) {
      const { explained: count, unexplained } = judge([lessOrEqual], [part], sources);
      expect([count, unexplained]).toEqual([1, []]);
    }
  });

  it('is not explained by another mutant of the same line, nor by one of a file that was not mutated', () => {
    const others = [
      { ...explained, mutated: 'if (a >= b) {' },
      { ...explained, file: 'lib/core/other.ts' },
    ];
    expect(judge([lessOrEqual], others, sources)).toMatchObject({ explained: 0, outdated: [others[0]] });
  });

  it('has survived also where no test comes by', () => {
    expect(judge([{ ...lessOrEqual, status: 'NoCoverage' }], [], sources).unexplained).toHaveLength(1);
  });

  it('is shown with the lines before where its own occurs twice', () => {
    const { unexplained } = judge([mutant('Survived', 5, [3, 12], '')], [], sources);
    expect(unexplained).toEqual([{ file, code: 'if (c) {\n  return a;', mutated: 'if (c) {\n  ' }]);
  });

  it('outdates the list where a test notices now what is on it', () => {
    expect(judge([{ ...lessOrEqual, status: 'Killed' }], [explained], sources).outdated).toEqual([explained]);
  });

  it('is no answer where the list names code that is not there exactly once', () => {
    const gone = { ...explained, code: 'return a;' };
    expect(() => judge([], [gone], sources)).toThrow(`${file} has this 2 times, not once: return a;`);
  });
});

describe('npm run mutants', () => {
  it('mutates the selection where nothing is named: files that exist, of every folder', () => {
    const runs = runsOf([]);
    expect(runs.map(({ folder }) => folder)).toEqual(Object.keys(folders));
    expect(runs.flatMap(({ mutate }) => mutate)).toEqual(selection);
    expect(selection.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });

  it('mutates the folders and the files that it is given, folder by folder', () => {
    expect(runsOf(['queue', 'lib/core/messages/ping.ts', 'lib/core/stream/append.ts'])).toEqual([
      { folder: 'queue', mutate: ['lib/queue/**/*.ts'] },
      { folder: 'core', mutate: ['lib/core/messages/ping.ts', 'lib/core/stream/append.ts'] },
    ]);
  });

  it('says what it expects where it is given something else', () => {
    expect(() => runsOf(['stack'])).toThrow('stack is neither one of core, store, auth');
  });
});
