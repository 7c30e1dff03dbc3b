import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { describe } from 'vitest';

/** Debian's, or the one that CHROMIUM_PATH names. */
export const chromiumPath: string | undefined = [process.env['CHROMIUM_PATH'], '/usr/bin/chromium'].find(
  (path) => path !== undefined && existsSync(path),
);

export function launchChromium(): Promise<Browser> {
  if (chromiumPath === undefined) {
    throw new Error('There is no Chromium: apt-get install chromium, or set CHROMIUM_PATH to one.');
  }
  // Debian's starts no sandbox for root.
  return chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
}

/** Skipped, and plainly so, on a developer's machine without a Chromium; in continuous integration it fails there. */
export function describeInBrowser(name: string, tests: () => void): void {
  const isMissing = chromiumPath === undefined && !process.env['CI'];
  if (isMissing) {
    process.stderr.write(
      `${name}: skipped, there is no Chromium. apt-get install chromium, or set CHROMIUM_PATH.\n`,
    );
  }
  describe.skipIf(isMissing)(name, tests);
}
