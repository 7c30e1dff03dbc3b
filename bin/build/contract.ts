import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ShownMessage } from '../../lib/contract/async-api.ts';
import { asyncApiDocument } from '../../lib/contract/async-api.ts';
import { schemaFiles } from '../../lib/contract/json-schema.ts';

/** Writes the contract for other languages and tools: `schemas/**` and `asyncapi.json`. */
export async function buildContract(root: string, directory: string): Promise<void> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const shown = shownMessages(await readFile(join(root, 'docs/protocol.md'), 'utf8'));
  const schemas = Object.entries(schemaFiles()).map(
    ([path, schema]) => [join('schemas', path), schema] as const,
  );
  const files = [...schemas, ['asyncapi.json', asyncApiDocument(version, shown)] as const];
  await Promise.all(
    files.map(async ([path, document]) => {
      const file = join(directory, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, `${JSON.stringify(document, undefined, 2)}\n`);
    }),
  );
}

/** The wire messages in the `json` blocks of the page. */
export function shownMessages(page: string): ShownMessage[] {
  return [...page.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(([, code = '']) => JSON.parse(code));
}
