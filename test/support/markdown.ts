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

export function codeBlocks(document: string): CodeBlock[] {
  return [...document.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map(([, info = '', code = '']) => ({
    info,
    code,
  }));
}
