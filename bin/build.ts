import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildContract } from './build/contract.ts';
import { buildDeclarations } from './build/declarations.ts';
import { buildLambdas } from './build/lambdas.ts';
import { buildScripts } from './build/scripts.ts';
import { sizeTable } from './build/sizes.ts';
import { type Command, fail, readCommandLine } from './command-line.ts';

const usage = `npm run build -- [--out <directory>]

Builds the package: scripts, declarations, the code of the functions and the contract, in dist or in a new directory.`;

const root = fileURLToPath(new URL('..', import.meta.url));

export const build: Command = {
  usage,
  async run(shell) {
    const { values, positionals } = readCommandLine(shell, usage, { out: { type: 'string' } });
    if (positionals.length > 0) fail(`expected no arguments\n\n${usage}`);
    const directory = resolve(root, values.out ?? 'dist');
    // Files of an earlier build would be packed as well. Another directory may have other content and is not deleted.
    if (values.out === undefined) await rm(directory, { recursive: true, force: true });
    const parts = [buildScripts, buildDeclarations, buildLambdas, buildContract];
    await Promise.all(parts.map((part) => part(root, directory)));
    shell.print(await sizeTable(directory));
    return 0;
  },
};
