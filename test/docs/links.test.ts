import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readDocument } from '../support/markdown.ts';
import { root } from '../support/start-local.ts';

const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' });
const pages = [
  'README.md',
  'CHANGELOG.md',
  ...inDocs.filter((path) => path.endsWith('.md')).map((path) => join('docs', path)),
];
const sources = ['bin', 'lambdas', 'lib', 'test'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
);
const scripts = Object.keys(JSON.parse(readDocument('package.json')).scripts);

describe.each(pages)('%s', (page) => {
  const document = readDocument(page);

  it(`${page} links to files and headings that exist`, () => {
    const broken = [...document.matchAll(/\]\((?!http)([^)]*)\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !exists(page, target));
    expect(broken).toEqual([]);
  });

  it(`${page} names source files that exist`, () => {
    const named = [...document.matchAll(/`([\w./-]+\.ts)`/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !sources.some((path) => `/${path}`.endsWith(`/${name}`)))).toEqual([]);
  });

  it(`${page} names npm scripts that exist`, () => {
    const named = [...document.matchAll(/npm run (?:-s )?(\w+(?::\w+)*)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !scripts.includes(name))).toEqual([]);
  });
});

function exists(page: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(root, file))) return false;
  return anchor === undefined || anchorsOf(readDocument(file)).includes(anchor);
}

/** The anchors that GitHub makes of the headings. */
function anchorsOf(document: string): string[] {
  return [...document.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => {
    const words = heading.toLowerCase().replace(/[^\w\- ]/g, '');
    return words.replaceAll(' ', '-');
  });
}
