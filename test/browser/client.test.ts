import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { describeClient } from '../client/client-suite.ts';
import type { RecordedClient, RecordedClientOptions } from '../client/recorded-client.ts';
import { root } from '../support/start-local.ts';
import { describeInBrowser, launchChromium } from './chromium.ts';

declare const window: {
  recordedClient(options: RecordedClientOptions): RecordedClient;
  clients: RecordedClient[];
};

describeInBrowser('a client in a browser', () => {
  describeClient(async (endpoint) => {
    const browser = await launchChromium();
    const page = await openPage(browser, endpoint);
    return {
      async open(options) {
        const index = await page.evaluate((passed) => {
          window.clients ??= [];
          return window.clients.push(window.recordedClient(passed)) - 1;
        }, options);
        return {
          recording: () =>
            page.evaluate((at) => {
              const client = window.clients[at];
              if (client === undefined) throw new Error('The page was loaded anew.');
              return client.recording;
            }, index),
          close: () => page.evaluate((at) => window.clients[at]?.close(), index),
        };
      },
      setOffline: (isOffline) => page.context().setOffline(isOffline),
      close: () => browser.close(),
    };
  });
});

/** A page of the emulator's origin, with the client in it. */
async function openPage(browser: Browser, endpoint: string): Promise<Page> {
  const { outputFiles } = await build({
    entryPoints: [`${root}/test/client/recorded-client.ts`],
    bundle: true,
    format: 'iife',
    globalName: 'client',
    footer: { js: 'window.recordedClient = client.recordedClient;' },
    write: false,
  });
  const page = await browser.newPage();
  await page.goto(`${endpoint}/dev/connections`);
  await page.addScriptTag({ content: outputFiles[0]?.text ?? '' });
  return page;
}
