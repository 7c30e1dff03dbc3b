import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './start-local.ts';

export interface CodeBlock {
  /** What stands behind the backticks, such as `json` or `js browser`. */
  info: string;
  code: string;
}

export function readDocument(name: string): string {
  return readFileSync(join(root, name), 'utf8');
}

/** The code blocks of a page. A block in a list is indented; its code is returned without the indentation. */
export function codeBlocks(document: string): CodeBlock[] {
  return [...document.matchAll(/^( *)```(.*)\n([\s\S]*?)^\1```$/gm)].map(
    ([, indentation = '', info = '', code = '']) => ({
      info,
      code: code.replace(new RegExp(`^${indentation}`, 'gm'), ''),
    }),
  );
}
