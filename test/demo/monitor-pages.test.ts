import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { monitorPages } from '../../bin/monitor-pages.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'monitor-'));
  await mkdir(join(root, 'lib/monitor'), { recursive: true });
});
afterEach(() => rm(root, { recursive: true }));

const write = (file: string, text: string) => writeFile(join(root, 'lib/monitor', file), text);
const script = async () => (await monitorPages(root)('/monitor.js'))?.body ?? '';

/** What is left on the page by a script that needs no more of a document than this. */
function shownBy(text: string): string {
  const shown: { textContent: string }[] = [];
  const document = {
    createElement: () => ({ textContent: '' }),
    body: { replaceChildren: (element: { textContent: string }) => shown.push(element) },
  };
  new Function('document', text)(document);
  return shown.map(({ textContent }) => textContent).join();
}

describe('the pages of the monitor', () => {
  it('the monitor serves its page, style and script, and no other file', async () => {
    await write('index.html', '<p>page</p>');
    await write('monitor.css', 'p {}');
    await write('part.ts', 'export const part: string = "a part";');
    await write('main.ts', 'import { part } from "./part.ts"; console.log(part);');
    const pages = monitorPages(root);
    expect(await pages('/')).toMatchObject({
      contentType: 'text/html; charset=utf-8',
      body: '<p>page</p>',
      headers: { 'Content-Security-Policy': expect.stringMatching(/^default-src 'self';/) },
    });
    expect(await pages('/monitor.css')).toMatchObject({ contentType: 'text/css; charset=utf-8' });
    expect((await pages('/monitor.js'))?.contentType).toBe('text/javascript; charset=utf-8');
    expect(await script()).toContain('"a part"');
    for (const path of ['/main.ts', '/../package.json', '/constructor']) {
      expect(await pages(path)).toBeUndefined();
    }
  });

  it('the page of the monitor allows no inline script', async () => {
    await write('index.html', '');
    const page = await monitorPages(root)('/');
    expect(page?.headers?.['Content-Security-Policy']).not.toMatch(/unsafe|script-src/);
  });

  it('a change of the monitor shows at the next load of its page', async () => {
    await write('main.ts', 'console.log("before");');
    expect(await script()).toContain('"before"');
    await write('main.ts', 'console.log("after");');
    expect(await script()).toContain('"after"');
  });

  it('the page of the monitor says what is wrong with its script, and where', async () => {
    await write('main.ts', 'const = "</script>";');
    expect(shownBy(await script())).toMatch(
      /^The monitor could not be bundled\. [\s\S]*main\.ts:1:6: ERROR: Expected identifier/,
    );
  });

  it('the page of the monitor says that its script is missing', async () => {
    expect(shownBy(await script())).toMatch(/could not be bundled\. [\s\S]*main\.ts/);
  });
});
