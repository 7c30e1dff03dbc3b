import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { transform } from 'esbuild';
import { packageEntries } from './entries.ts';

/** A table of the size of each entry, as it is and minified and gzipped, in kilobytes of 1,024 bytes. */
export async function sizeTable(directory: string): Promise<string> {
  const lines = await Promise.all(
    packageEntries.map(async ({ name }) => {
      const code = await readFile(join(directory, `${name}.js`), 'utf8');
      const minified = await transform(code, { minify: true, format: 'esm' });
      const gzipped = gzipSync(minified.code, { level: 9 });
      return line(name, kilobytes(Buffer.byteLength(code)), kilobytes(gzipped.byteLength));
    }),
  );
  return [line('entry', 'KB', 'KB minified, gzipped'), ...lines].join('\n');
}

function line(name: string, size: string, gzipped: string): string {
  return `${name.padEnd(12)}${size.padStart(6)}${gzipped.padStart(23)}`;
}

function kilobytes(bytes: number): string {
  return (bytes / 1024).toFixed(1);
}
