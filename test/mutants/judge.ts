/** One change of the code that no test noticed, and why that is right. */
export interface Survivor {
  /** From the project's root. */
  file: string;
  /** Occurs exactly once in the file. */
  code: string;
  /** What the mutant has in its place. */
  mutated: string;
  /** A sentence: why no test has to notice. */
  why: string;
}

/** A mutant as Stryker reports it. */
export interface Mutant {
  file: string;
  status: string;
  /** What stands in the place of the code from `start` to `end`. */
  replacement: string;
  start: Place;
  end: Place;
}

/** Counts from 1. */
interface Place {
  line: number;
  column: number;
}

export interface Verdict {
  mutants: number;
  killed: number;
  /** Looped until the time was up: noticed as well. */
  timedOut: number;
  /** Survived, with a sentence why. */
  explained: number;
  /** Survived without one, in the form in which the list has them. */
  unexplained: Omit<Survivor, 'why'>[];
  /** In the list, and noticed by a test in this run. */
  outdated: Survivor[];
}

/** Compares what has survived with the list. `sources` has the text of every file that was mutated. */
export function judge(
  mutants: readonly Mutant[],
  survivors: readonly Survivor[],
  sources: ReadonlyMap<string, string>,
): Verdict {
  const sourceOf = (file: string) => sources.get(file) ?? '';
  const textOf = (mutant: Mutant) => {
    const source = sourceOf(mutant.file);
    const [start, end] = [offsetOf(source, mutant.start), offsetOf(source, mutant.end)];
    return source.slice(0, start) + mutant.replacement + source.slice(end);
  };
  const listed = survivors.filter(({ file }) => sources.has(file));
  const texts = new Map(listed.map((survivor) => [survivor, mutatedBy(survivor, sourceOf(survivor.file))]));
  const explanationOf = (mutant: Mutant) => {
    const text = textOf(mutant);
    return listed.find((survivor) => survivor.file === mutant.file && texts.get(survivor) === text);
  };
  const count = (...statuses: string[]) => mutants.filter(({ status }) => statuses.includes(status)).length;
  const survived = mutants.filter(({ status }) => status === 'Survived' || status === 'NoCoverage');
  const explained = new Set(survived.map(explanationOf));
  return {
    mutants: count('Killed', 'Timeout', 'Survived', 'NoCoverage'),
    killed: count('Killed'),
    timedOut: count('Timeout'),
    explained: survived.filter((mutant) => explanationOf(mutant) !== undefined).length,
    unexplained: survived
      .filter((mutant) => explanationOf(mutant) === undefined)
      .map((mutant) => inContext(mutant, sourceOf(mutant.file))),
    outdated: listed.filter((survivor) => !explained.has(survivor)),
  };
}

/** The source with the survivor's change. Throws where the code is not there exactly once. */
export function mutatedBy({ file, code, mutated }: Survivor, source: string): string {
  const parts = source.split(code);
  if (parts.length !== 2) throw new Error(`${file} has this ${parts.length - 1} times, not once: ${code}`);
  return parts.join(mutated);
}

/** The lines of a mutant, with as many of those before as it takes to find them. */
function inContext({ file, replacement, start, end }: Mutant, source: string): Omit<Survivor, 'why'> {
  const lines = source.split('\n');
  const textOf = (line: number) => lines[line - 1] ?? '';
  const to = offsetOf(source, { line: end.line, column: textOf(end.line).length + 1 });
  let line = start.line;
  let from = offsetOf(source, { line, column: textOf(line).search(/\S/) + 1 });
  while (line > 1 && source.split(source.slice(from, to)).length > 2) {
    line -= 1;
    from = offsetOf(source, { line, column: 1 });
  }
  const before = source.slice(from, offsetOf(source, start));
  const after = source.slice(offsetOf(source, end), to);
  return { file, code: source.slice(from, to), mutated: before + replacement + after };
}

function offsetOf(source: string, { line, column }: Place): number {
  const before = source.split('\n').slice(0, line - 1);
  return before.reduce((sum, text) => sum + text.length + 1, column - 1);
}
