import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** The module system of each tree: the `type` in its package.json. */
const trees = { esm: 'module', cjs: 'commonjs' } as const;

/**
 * Writes the declarations of all entries, one tree for each module system. Both trees have the same text; TypeScript resolves
 * their imports by the package.json above them.
 */
export async function buildDeclarations(root: string, directory: string): Promise<void> {
  const emitted = await mkdtemp(join(tmpdir(), 'trade-room-types-'));
  try {
    await emit(root, emitted);
    const paths = await readdir(emitted, { recursive: true });
    const declarations = paths.filter((path) => path.endsWith('.d.ts'));
    for (const [tree, type] of Object.entries(trees)) {
      const target = join(directory, 'types', tree);
      await Promise.all(declarations.map((path) => copyDeclaration(join(emitted, path), join(target, path))));
      await writeFile(join(target, 'package.json'), `${JSON.stringify({ type })}\n`);
    }
  } finally {
    await rm(emitted, { recursive: true });
  }
}

async function emit(root: string, outDir: string): Promise<void> {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const project = join(root, 'bin', 'build');
  try {
    await promisify(execFile)(process.execPath, [tsc, '-p', project, '--outDir', outDir]);
  } catch (error) {
    // The compiler prints its errors on standard output; the thrown error has only the command.
    throw new Error(`the declarations could not be made:\n${(error as { stdout?: string }).stdout}`);
  }
}

async function copyDeclaration(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await writeFile(to, withJavaScriptNames(await readFile(from, 'utf8')));
}

/** Changes `.ts` to `.js` in imports. The compiler does that in scripts, but not in declarations. */
function withJavaScriptNames(declaration: string): string {
  return declaration.replace(/(\bfrom |\bimport\()(['"]\.\.?\/[^'"]+)\.ts(['"])/g, '$1$2.js$3');
}
