import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, fail, readCommandLine } from './command-line.ts';
import { withTables } from './docs/markdown.ts';
import { withSettingProps } from './docs/settings.ts';
import { tables } from './docs/tables.ts';

const usage = `npm run docs

Writes the tables of the pages in docs that state facts of the code, between the markers <!-- generated: name --> and
<!-- end -->, and the props of the construct in lib/stack that are settings.`;

export const docs: Command = {
  usage,
  async run(shell) {
    const { positionals } = readCommandLine(shell, usage, {});
    if (positionals.length > 0) fail(`expected no arguments\n\n${usage}`);

    const pages = (await readdir(join(root, 'docs'), { recursive: true })).filter((path) =>
      path.endsWith('.md'),
    );
    const written = [
      ...pages.map((page) => rewrite(join('docs', page), (text) => withTables(text, tables))),
      rewrite(join('lib', 'stack', 'trade-room-realtime-props.ts'), withSettingProps),
    ];
    for (const path of (await Promise.all(written)).flat()) shell.print(`${path}: written`);
    return 0;
  },
};

const root = fileURLToPath(new URL('..', import.meta.url));

/** Returns the path if the file has changed. */
async function rewrite(path: string, generate: (text: string) => string): Promise<string[]> {
  const text = await readFile(join(root, path), 'utf8');
  const generated = generate(text);
  if (generated === text) return [];
  await writeFile(join(root, path), generated);
  return [path];
}
