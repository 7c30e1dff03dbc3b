import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { logEvents } from '../../lib/core/log-events.ts';
import { root } from '../support/start-local.ts';

const BEGIN = '<!-- log events: from lib/core/log-events.ts -->\n';
const END = '\n<!-- end of log events -->';

/** The table as the document must have it. */
function table(): string {
  const rows = Object.entries(logEvents).map(([name, event]) => {
    const { level, fields, meaning } = event;
    const optional = 'optional' in event ? event.optional.map((field) => `${field}?`) : [];
    const all = [...fields, ...optional].map((field) => `\`${field}\``).join(', ');
    return `| \`${name}\` | ${level} | ${all} | ${meaning} |`;
  });
  return ['| line | level | fields | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

it('docs/operations/runbook.md lists every line that the functions log, with its fields', () => {
  const document = readFileSync(join(root, 'docs/operations/runbook.md'), 'utf8');
  const [, listed] = document.slice(document.indexOf(BEGIN)).match(/-->\n([\s\S]*?)\n<!--/) ?? [];
  expect(document).toContain(END);
  expect(listed).toBe(table());
});
