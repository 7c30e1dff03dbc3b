import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { root } from './start-local.ts';

/** The entries of the package, as a snippet imports them, and the sources they are made of. */
const entries = {
  'trade-room-realtime/client': `${root}/lib/client/client.ts`,
  'trade-room-realtime/react': `${root}/lib/react/use-room.ts`,
  'trade-room-realtime/publisher': `${root}/lib/publisher/publisher.ts`,
};

/**
 * Runs the code of a document as a module of its own. What it takes for granted, such as `console`, is found in `given`.
 * Returns what the names of `wanted` are in the end.
 */
export async function runSnippet(
  code: string,
  given: Record<string, unknown> = {},
  wanted: string[] = [],
): Promise<Record<string, unknown>> {
  const directory = await mkdtemp(join(root, 'node_modules', '.snippet-'));
  try {
    const { outputFiles } = await build({
      stdin: { contents: `${code}\nexport { ${wanted.join(', ')} };`, resolveDir: root, loader: 'ts' },
      bundle: true,
      format: 'esm',
      platform: 'node',
      packages: 'external',
      alias: entries,
      write: false,
    });
    const header = Object.keys(given).map((name) => `const ${name} = globalThis.snippetGiven.${name};\n`);
    const file = join(directory, 'snippet.mjs');
    await writeFile(file, header.join('') + (outputFiles[0]?.text ?? ''));
    Object.assign(globalThis, { snippetGiven: given });
    return await import(pathToFileURL(file).href);
  } finally {
    await rm(directory, { recursive: true });
  }
}
