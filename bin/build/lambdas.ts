import { basename, join } from 'node:path';
import { build } from 'esbuild';
import type { TokenMode } from '../../lib/auth/token-settings.ts';
import { functionEntries } from '../../lib/config/functions.ts';
import { lambdaBundle } from '../../lib/stack/function-code.ts';

const tokenModes = ['jwks', 'cognito', 'shared-secret'] as const satisfies readonly TokenMode[];

// Stack traces need positions only. With the sources the package would be four times as large.
const sourcesContent = false;

/** Writes the code of every function to `lambdas/<file name>/index.mjs`; `auth` has one file for each token mode. */
export async function buildLambdas(root: string, directory: string): Promise<void> {
  const entries = new Set(tokenModes.flatMap((mode) => Object.values(functionEntries(mode))));
  await Promise.all(
    [...entries].map((entry) =>
      build({
        ...lambdaBundle(root, entry, join(directory, 'lambdas', basename(entry, '.ts'))),
        sourcesContent,
      }),
    ),
  );
}
