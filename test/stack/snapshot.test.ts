import { expect, it } from 'vitest';
import { JWKS, type Template, templateOf } from './synthesize.ts';

/**
 * Hashes of code change with every line of it, and say nothing about the stack. What is drawn on the dashboard is
 * tested where it is made.
 */
function redacted(template: Template): unknown {
  const hide = (key: string, value: unknown) => (key === 'DashboardBody' ? 'BODY' : value);
  const json = JSON.stringify(template, hide).replace(/\b[0-9a-f]{64}\b/g, 'HASH');
  return JSON.parse(json);
}

it('the whole template is what it was: look at every difference before you accept it with -u', async () => {
  const json = `${JSON.stringify(redacted(templateOf(JWKS)), null, 2)}\n`;
  await expect(json).toMatchFileSnapshot('./trade-room-dev.template.snap');
});
