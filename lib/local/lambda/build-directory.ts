import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A new folder for builds: below the project, so that bare imports in them resolve. Removes those of processes that
 * were killed before they could do it.
 */
export async function makeBuildDirectory(root: string): Promise<string> {
  const parent = join(root, 'node_modules', '.cache', 'local-aws');
  await mkdir(parent, { recursive: true });
  const abandoned = (await readdir(parent)).filter((name) => !isAlive(Number.parseInt(name, 10)));
  await Promise.all(abandoned.map((name) => rm(join(parent, name), { recursive: true, force: true })));
  return mkdtemp(join(parent, `${process.pid}-`));
}

function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch (error) {
    // It is there, but somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
