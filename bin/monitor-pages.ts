import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Page, Pages } from '../lib/local/http/pages.ts';

const POLICY =
  "default-src 'self'; img-src 'self' data:; connect-src 'self' ws://localhost:* ws://127.0.0.1:*; base-uri 'none'; frame-ancestors 'none'";

/**
 * The pages of the room monitor. The script is bundled at each request, so that the start of the local emulator does not wait
 * and a change shows at the next load. If bundling fails, the page shows the error.
 */
export function monitorPages(root: string): Pages {
  const folder = join(root, 'lib/monitor');
  const read = (file: string) => readFile(join(folder, file), 'utf8');
  const pages: Record<string, () => Promise<Page>> = {
    '/': async () => ({
      contentType: 'text/html; charset=utf-8',
      body: await read('index.html'),
      headers: { 'Content-Security-Policy': POLICY, 'Referrer-Policy': 'no-referrer' },
    }),
    '/monitor.css': async () => ({
      contentType: 'text/css; charset=utf-8',
      body: await read('monitor.css'),
    }),
    '/monitor.js': async () => ({
      contentType: 'text/javascript; charset=utf-8',
      body: await bundle(folder),
    }),
  };
  return async (path) => (Object.hasOwn(pages, path) ? pages[path]?.() : undefined);
}

async function bundle(folder: string): Promise<string> {
  try {
    const { outputFiles } = await build({
      entryPoints: [join(folder, 'main.ts')],
      bundle: true,
      format: 'esm',
      target: 'es2022',
      sourcemap: 'inline',
      write: false,
      logLevel: 'silent',
    });
    return outputFiles[0]?.text ?? '';
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return showing(`The monitor could not be bundled. ${reason}`);
  }
}

/** A script that replaces the page by a text. */
function showing(text: string): string {
  return `const message = document.createElement('pre');
message.textContent = ${JSON.stringify(text)};
document.body.replaceChildren(message);
`;
}
