import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../support/start-local.ts';
import { type Stack, startStack } from '../support/start-stack.ts';
import { describeInBrowser, launchChromium } from './chromium.ts';
import { REJECTED_ORDER, type showRoom } from './room-component.ts';

declare const window: { showRoom: typeof showRoom; shown: ReturnType<typeof showRoom> };

describeInBrowser('useRoom', () => {
  let stack: Stack;
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    stack = await startStack({});
    browser = await launchChromium();
    page = await browser.newPage();
    await page.goto(`${stack.endpoint}/dev/connections`);
    await page.addScriptTag({ content: await bundle() });
    await page.evaluate((endpoint) => {
      window.shown = window.showRoom(endpoint, '42');
    }, stack.endpoint);
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await stack.close();
  });
  const text = () => page.textContent('#orders');
  const sent = () => page.evaluate(() => window.shown.sent);
  const publish = (orderId: number) =>
    stack.application.publish('order_executed', { roomId: '42', data: { orderId } });

  it('useRoom tells the state of the room and subscribes once although strict mode mounts twice', async () => {
    await expect.poll(text).toBe('subscribed: ');
    expect(await sent()).toEqual(['auth', 'subscribe_room']);
  });

  it('useRoom calls the listeners of the last rendering', async () => {
    for (const orderId of [1, 2, 3]) {
      await publish(orderId);
      await expect.poll(text).toMatch(new RegExp(`${orderId}$`));
    }
    expect(await text()).toBe('subscribed: 1, 2, 3');
  });

  it('useRoom leaves the room when the component unmounts, and joins it again when it mounts', async () => {
    await page.evaluate(() => window.shown.setShown(false));
    await expect.poll(sent).toEqual(['auth', 'subscribe_room', 'unsubscribe_room']);
    await page.evaluate(() => window.shown.setShown(true));
    await expect.poll(text).toBe('subscribed: ');
    await publish(4);
    await expect.poll(text).toBe('subscribed: 4');
  });

  describe('with an async listener that rejects', () => {
    /** Uncaught errors of the page, and rejections that nobody handles. */
    const uncaught: string[] = [];
    beforeAll(() => void page.on('pageerror', ({ message }) => uncaught.push(message)));

    it('a rejection of an async listener of useRoom reaches the error listeners of the client only', async () => {
      await page.evaluate(() => window.shown.setListening(true));
      await publish(REJECTED_ORDER);
      const errors = () => page.evaluate(() => window.shown.errors);
      await expect.poll(errors).toEqual([`listener_failed: Error: order ${REJECTED_ORDER}`]);
      expect(uncaught).toEqual([]);
    });

    it('a rejection of an async listener of useRoom is an uncaught error of the page if the client has no error listener, and events go on', async () => {
      await page.evaluate(() => window.shown.setListening(false));
      await publish(REJECTED_ORDER);
      await expect.poll(() => uncaught).toEqual([`order ${REJECTED_ORDER}`]);
      await publish(5);
      await expect.poll(text).toBe(`subscribed: 4, ${REJECTED_ORDER}, ${REJECTED_ORDER}, 5`);
      expect(uncaught).toHaveLength(1);
    });
  });
});

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`${root}/test/browser/room-component.ts`],
    bundle: true,
    format: 'iife',
    globalName: 'component',
    footer: { js: 'window.showRoom = component.showRoom;' },
    define: { 'process.env.NODE_ENV': '"development"' },
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}
