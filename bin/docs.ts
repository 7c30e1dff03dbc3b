import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail, readCommandLine } from './command-line.ts';
import { withTables } from './docs/markdown.ts';
import { tables } from './docs/tables.ts';

const usage = `npm run docs

Writes the tables of the pages in docs that state facts of the code, between the markers <!-- generated: name --> and
<!-- end -->.`;

const { positionals } = readCommandLine(usage, {});
if (positionals.length > 0) fail(`expected no arguments\n\n${usage}`);

const docs = fileURLToPath(new URL('../docs', import.meta.url));
const pages = (await readdir(docs, { recursive: true })).filter((path) => path.endsWith('.md'));
for (const path of pages) {
  const file = join(docs, path);
  const page = await readFile(file, 'utf8');
  const generated = withTables(page, tables);
  if (generated === page) continue;
  await writeFile(file, generated);
  process.stdout.write(`docs/${path}: tables written\n`);
}
