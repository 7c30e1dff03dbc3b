import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { sharedFiles } from '../support/shared-process.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What the next file in the same process would meet. A stub or a fake clock is taken back by whoever sets it. */
const lasting = [
  /\bmockClient\(/,
  /\bvi\.(mock|doMock|hoisted|stubGlobal|resetModules)\(/,
  /process\.env\[?[^\n;]*\]? = /,
  /delete process\.env/,
  /process\.(chdir|umask|on|once)\(/,
  /\bprototype\.\w+ = /,
];
const takenBack: [RegExp, RegExp][] = [
  [/vi\.stubEnv\(/, /vi\.unstubAllEnvs\(/],
  [/vi\.useFakeTimers\(/, /vi\.useRealTimers\(/],
];

function leaves(source: string): string[] {
  const forgotten = takenBack.filter(([set, unset]) => set.test(source) && !unset.test(source));
  return [...lasting, ...forgotten.map(([set]) => set)].flatMap(
    (pattern) => source.match(pattern)?.[0] ?? [],
  );
}

/** The file and everything of this project that it loads. */
function loadedBy(path: string, seen = new Set<string>()): Set<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const [, from = ''] of read(path).matchAll(/^(?:import|export) (?!type )[^'";]*?from '(\.[^']+)'/gm)) {
    loadedBy(join(dirname(path), from), seen);
  }
  return seen;
}

const read = (path: string) => readFileSync(join(root, path), 'utf8');

describe('the tests that share a process', () => {
  it.each(sharedFiles)('%s leaves it as it was', (file) => {
    const changes = [...loadedBy(file)].flatMap((path) =>
      leaves(read(path)).map((what) => `${path}: ${what}`),
    );
    expect(changes).toEqual([]);
  });

  it.each([
    'const sqs = mockClient(SQSClient);',
    "process.env['STAGE'] = 'prod';",
    "delete process.env['STAGE'];",
    "vi.mock(import('./time.ts'));",
    "vi.stubEnv('STAGE', 'prod');",
    'vi.useFakeTimers();',
  ])('would be told of %s', (source) => {
    expect(leaves(source)).not.toEqual([]);
  });
});
