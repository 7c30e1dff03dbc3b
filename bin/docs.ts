import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail, readCommandLine } from './command-line.ts';
import { withTables } from './docs/markdown.ts';
import { withSettingProps } from './docs/settings.ts';
import { tables } from './docs/tables.ts';

const usage = `npm run docs

Writes the tables of the pages in docs that state facts of the code, between the markers <!-- generated: name --> and
<!-- end -->, and the props of the construct in lib/stack that are settings.`;

const { positionals } = readCommandLine(usage, {});
if (positionals.length > 0) fail(`expected no arguments\n\n${usage}`);

const root = fileURLToPath(new URL('..', import.meta.url));
const pages = (await readdir(join(root, 'docs'), { recursive: true })).filter((path) => path.endsWith('.md'));
for (const page of pages) await rewrite(join('docs', page), (text) => withTables(text, tables));
await rewrite(join('lib', 'stack', 'trade-room-realtime-props.ts'), withSettingProps);

async function rewrite(path: string, generate: (text: string) => string): Promise<void> {
  const text = await readFile(join(root, path), 'utf8');
  const generated = generate(text);
  if (generated === text) return;
  await writeFile(join(root, path), generated);
  process.stdout.write(`${path}: written\n`);
}
