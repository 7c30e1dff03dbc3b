import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Beside the bundled construct in the npm package; beside the sources there is no such directory. */
const directory = fileURLToPath(new URL('./lambdas', import.meta.url));

/**
 * The directory in which the package brings the code of `entry` (`lambdas/auth-jwks.ts`), ready to be deployed. Undefined
 * where this is the project and not the package: then it is made of the sources.
 */
export function packagedBundle(entry: string): string | undefined {
  return existsSync(directory) ? entry.replace(/^lambdas\/(.*)\.ts$/, `${directory}/$1`) : undefined;
}
