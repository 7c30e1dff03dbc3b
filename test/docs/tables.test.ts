import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withTables } from '../../bin/docs/markdown.ts';
import { tables } from '../../bin/docs/tables.ts';
import { readDocument } from '../support/markdown.ts';
import { root } from '../support/start-local.ts';

const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.md'))
  .map((path) => join('docs', path));

describe('the generated tables', () => {
  it.each(pages)('the generated tables of %s are what npm run docs writes', (path) => {
    const page = readDocument(path);
    expect(page).toBe(withTables(page, tables));
  });

  it('each generated table is on one page', () => {
    const markers = pages.flatMap((path) => [...readDocument(path).matchAll(/^<!-- generated: (\S+)/gm)]);
    expect(markers.map(([, name]) => name).sort()).toEqual(Object.keys(tables).sort());
  });
});

describe('withTables', () => {
  const made = { 'a-table': () => '| new |' };

  it('npm run docs replaces the text between the markers and nothing else', () => {
    const page = (content: string) => `before\n<!-- generated: a-table -->\n${content}<!-- end -->\nafter\n`;
    for (const content of ['', '| old |\n', '| new |\n']) {
      expect(withTables(page(content), made)).toBe(page('| new |\n'));
    }
  });

  it('npm run docs refuses a marker of a table that does not exist', () => {
    expect(() => withTables('<!-- generated: other -->\n<!-- end -->\n', made)).toThrow(
      'generated: other: expected one of a-table',
    );
  });

  it('npm run docs refuses a marker that has no end', () => {
    const open = '<!-- generated: a-table -->\n| old |\n';
    expect(() => withTables(open, made)).toThrow('<!-- generated: a-table -->: expected <!-- end -->');
    expect(() => withTables(`${open}<!-- generated: b -->\n<!-- end -->\n`, made)).toThrow(
      '<!-- generated: a-table -->: expected <!-- end -->',
    );
  });
});
