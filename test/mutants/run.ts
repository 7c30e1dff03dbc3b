import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { getPriority, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folders, isolated, type Run, runsOf } from './folders.ts';
import { judge, type Mutant, type Verdict } from './judge.ts';
import { survivors } from './survivors.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const print = (line: string) => process.stdout.write(`${line}\n`);
/** They change texts and shapes; what is left are the decisions: conditions, comparisons, arithmetic, and blocks. */
const EXCLUDED = ['StringLiteral', 'ObjectLiteral', 'ArrayDeclaration', 'ArrowFunction', 'Regex'];
/**
 * A mutant may loop. Stryker adds half as long again as its tests took at first, and what it took to start them: so a
 * machine that gets busier meanwhile does not make one look like a loop that is none.
 */
const LOOP_MS = 30_000;

/** What Stryker writes: https://github.com/stryker-mutator/mutation-testing-elements/tree/master/packages/report-schema */
interface Report {
  files: Record<string, { source: string; mutants: Omit<ReportedMutant, 'file'>[] }>;
}
type ReportedMutant = Omit<Mutant, 'start' | 'end'> & { location: Pick<Mutant, 'start' | 'end'> };

/** Has Stryker mutate a copy of the project, one mutant at a time, and run the tests that come by each. */
function mutate({ folder, mutate }: Run): Report {
  const scratch = mkdtempSync(join(tmpdir(), 'trade-room-mutants-'));
  const [configuration, report] = [join(scratch, 'stryker.json'), join(scratch, 'report.json')];
  const options = {
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    vitest: { configFile: 'test/mutants/vitest.config.ts', related: true },
    coverageAnalysis: 'perTest',
    mutate,
    mutator: { excludedMutations: EXCLUDED },
    concurrency: 1,
    timeoutMS: LOOP_MS,
    dryRunTimeoutMinutes: 30,
    reporters: ['progress-append-only', 'json'],
    jsonReporter: { fileName: report },
    // Stryker reads it with an API that TypeScript 7 lacks; nothing in it matters to the tests.
    tsconfigFile: 'none.json',
    tempDirName: join(scratch, 'copies'),
    ignorePatterns: ['/cdk.out', '/dist'],
  };
  writeFileSync(configuration, JSON.stringify(options));
  const env = {
    ...process.env,
    MUTANTS_TESTS: folders[folder].join(','),
    MUTANTS_ISOLATE: String(isolated.includes(folder)),
  };
  try {
    execFileSync('npx', ['stryker', 'run', configuration], { cwd: root, env, stdio: 'inherit' });
    return JSON.parse(readFileSync(report, 'utf8'));
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function verdictOn({ files }: Report): Verdict {
  const reported = Object.entries(files);
  const mutants = reported.flatMap(([file, { mutants: ofFile }]) =>
    ofFile.map(({ location, ...mutant }) => ({ ...mutant, ...location, file })),
  );
  return judge(mutants, survivors, new Map(reported.map(([file, { source }]) => [file, source])));
}

function showDifferences({ unexplained, outdated }: Verdict): void {
  for (const survivor of unexplained) print(`survived: ${JSON.stringify(survivor, null, 2)}`);
  for (const { file, code } of outdated) print(`not alive any more, take it off the list: ${file}: ${code}`);
}

function showTable(rows: readonly (readonly (string | number)[])[]): void {
  const columns = ['folder', 'files', 'mutants', 'killed', 'timed out', 'explained', 'not explained'];
  const lines = [columns, columns.map(() => '---'), ...rows];
  print(`\n${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}`);
}

const usage = `npm run mutants [-- <folder or file>…]

Changes the code in one place at a time, and lists the changes that no test notices. Without arguments it takes the files
that decide. Folders: ${Object.keys(folders).join(', ')}. A file is named from the root, such as lib/store/keys.ts.`;

/** The runs of the arguments. Prints the usage and ends the process if they ask for it or are wrong. */
function wantedRuns(args: readonly string[]): Run[] {
  if (args.includes('--help')) {
    print(usage);
    process.exit(0);
  }
  try {
    return runsOf(args);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}\n`);
    process.exit(1);
  }
}

setPriority(Math.max(5, getPriority()));
const rows = wantedRuns(process.argv.slice(2)).map((run) => {
  const report = mutate(run);
  const verdict = verdictOn(report);
  showDifferences(verdict);
  const { mutants, killed, timedOut, explained, unexplained } = verdict;
  if (unexplained.length > 0) process.exitCode = 1;
  const files = Object.keys(report.files).length;
  return [`lib/${run.folder}`, files, mutants, killed, timedOut, explained, unexplained.length];
});
showTable(rows);
