import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { roomEventTypes } from '../../lib/protocol/room-events.ts';
import { applicationClients } from '../support/application-clients.ts';
import { type LocalEmulator, root, spawnCommand, startLocal } from '../support/start-local.ts';
import { describeInBrowser, launchChromium } from './chromium.ts';

const PATIENCE = { timeout: 10_000 };
/** Kept by git from nothing, and by continuous integration as artifacts. */
const screenshots = join(root, 'test-results');

declare const document: {
  scrollingElement: { scrollWidth: number };
  activeElement: { textContent: string } | null;
};
declare const innerWidth: number;
declare function requestAnimationFrame(callback: (time: number) => void): void;

describeInBrowser('the room monitor', () => {
  let emulator: LocalEmulator;
  let browser: Browser;
  let page: Page;
  /** What the browser complained about. */
  const complaints: string[] = [];

  beforeAll(async () => {
    mkdirSync(screenshots, { recursive: true });
    emulator = await startLocal({}, [], spawnCommand);
    browser = await launchChromium();
    page = await open('?room=7', 1280, 'light');
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await emulator.stop();
  });

  async function open(query: string, width: number, colorScheme: 'light' | 'dark'): Promise<Page> {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
    const opened = await context.newPage();
    opened.on('console', (message) => complaints.push(message.text()));
    opened.on('pageerror', (error) => complaints.push(error.message));
    await opened.goto(`${emulator.endpoint}/${query}`);
    return opened;
  }

  const text = (selector: string) => async () => (await page.textContent(selector)) ?? '';
  const publish = (type: string, data: object) =>
    applicationClients(emulator.endpoint).publish(type, { roomId: '7', data });
  /** Presses a button as somebody without a mouse does. */
  async function press(name: string | RegExp, key = 'Enter'): Promise<void> {
    await page.getByRole('button', { name, exact: true }).first().focus();
    await page.keyboard.press(key);
  }

  /** Resolves when what is known by now is on the screen. */
  const drawn = () =>
    page.evaluate(
      () => new Promise<number>((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
    );
  /** How many frames have this text in them. */
  async function framesWith(wanted: string): Promise<number> {
    await page.getByLabel('Filter').fill(wanted);
    await drawn();
    return page.locator('#frames li').count();
  }
  /** Resolves when the page has asked anew who is connected: a row of before may be that of a lost connection. */
  async function connectionsShown(): Promise<void> {
    const request = await page.waitForRequest('**/dev/connections');
    await request.response();
    await expect.poll(text('#connections'), PATIENCE).toMatch(/this page\)7/);
    await drawn();
  }

  it('the monitor connects and shows its room', async () => {
    await expect.poll(text('#state'), PATIENCE).toBe('connected');
    await expect.poll(text('#details'), PATIENCE).toMatch(/^monitor-\w{4}, room 7: subscribed$/);
  });

  it('the monitor shows the published leaderboard, positions with profit and loss, orders and room state', async () => {
    await publish('leaderboard_update', { rankings: [{ rank: 1, userId: 'zoe', portfolioValue: 12_345.6 }] });
    const position = { positionId: 'p', userId: 'zoe', symbol: 'NVDA', quantity: 3, averagePrice: 100 };
    await publish('position_update', { ...position, currentPrice: 90, unrealizedPnL: -30 });
    await publish('order_executed', { userId: 'zoe', side: 'buy', quantity: 3, symbol: 'NVDA', price: 100 });
    await publish('order_failed', {
      userId: 'yan',
      side: 'buy',
      quantity: 9,
      symbol: 'TSLA',
      reason: 'market closed',
    });
    await publish('room_state_changed', { state: 'open', memberCount: 2 });
    await expect.poll(text('#leaderboard'), PATIENCE).toBe('1zoe12,345.60');
    await expect.poll(text('#positions'), PATIENCE).toBe('zoeNVDA3100.0090.00-30.00');
    await expect.poll(text('#orders'), PATIENCE).toContain('zoe buy 3 NVDA at 100');
    await expect.poll(text('#orders'), PATIENCE).toContain('yan buy 9 TSLA failed: market closed');
    await expect.poll(text('#room-state'), PATIENCE).toBe('open, 2 members');
    await expect.poll(text('#latency-text'), PATIENCE).toMatch(/^median \d+ ms, 99th percentile \d+ ms/);
    await publish('position_closed', { ...position, exitPrice: 110, realizedPnL: 30 });
    await expect.poll(text('#positions'), PATIENCE).toBe('zoeNVDA, closed3100.00110.00+30.00');
  });

  it('the monitor shows its connection and the invocations of functions', async () => {
    await expect.poll(text('#rooms'), PATIENCE).toBe('71 member');
    await expect.poll(text('#connections'), PATIENCE).toMatch(/monitor-\w{4} \(this page\)7/);
    await expect.poll(text('#invocations'), PATIENCE).toMatch(/(ingest|broadcast)\d+ok/);
  });

  it.each(roomEventTypes)('the monitor publishes a %s by the keyboard and gets its frame', async (type) => {
    const before = await framesWith(`"type":"${type}"`);
    await press(type);
    await expect.poll(text('#put-result'), PATIENCE).toContain(`${type} put at`);
    await expect.poll(() => page.locator('#frames li').count(), PATIENCE).toBeGreaterThan(before);
    await page.getByLabel('Filter').fill('');
  });

  it('the monitor publishes a position again that it has closed before', async () => {
    const before = await framesWith('"type":"position_update"');
    await press('position_update');
    await expect.poll(() => page.locator('#frames li').count(), PATIENCE).toBeGreaterThan(before);
    await page.getByLabel('Filter').fill('');
  });

  it('the monitor shows no token', async () => {
    expect(await framesWith('"type":"auth"')).toBe(1);
    expect(await text('#frames')()).toContain('{"token":"…"}');
    await page.getByLabel('Filter').fill('');
  });

  it('the monitor pauses its list and opens single frames', async () => {
    await press('Pause', 'Space');
    await expect.poll(text('#frame-count')).toContain('paused');
    const shown = await page.locator('#frames li').count();
    await publish('order_executed', { orderId: 'while paused', symbol: 'PAUSED' });
    await expect.poll(text('#orders'), PATIENCE).toContain('PAUSED');
    expect(await page.locator('#frames li').count()).toBe(shown);
    await press('Pause');
    await page.getByLabel('Filter').fill('while paused');
    await expect.poll(() => page.locator('#frames li').count(), PATIENCE).toBe(1);
    await page.locator('#frames summary').focus();
    await page.keyboard.press('Enter');
    await expect.poll(text('#frames pre')).toContain('"orderId": "while paused"');
    await page.getByLabel('Filter').fill('');
  });

  it('the monitor reconnects after it has dropped its own connection', async () => {
    await press(/^Drop: monitor-\w{4}$/);
    await expect
      .poll(text('#trouble'), PATIENCE)
      .toMatch(/^lost once, last trouble at [\d:]{8}: connection_lost, /);
    await expect.poll(text('#details'), PATIENCE).toContain('room 7: subscribed');
  });

  it('the monitor keeps its connection while it is throttled, and recovers what it missed', async () => {
    await connectionsShown();
    await press(/^Throttle: monitor-\w{4}$/);
    await expect.poll(text('#break-result'), PATIENCE).toContain('every post is answered 429');
    const pressed = () =>
      page.getByRole('button', { name: /^Throttle: monitor-\w{4}$/ }).getAttribute('aria-pressed');
    await expect.poll(pressed, PATIENCE).toBe('true');
    await publish('order_executed', { userId: 'missed', symbol: 'THROTTLE' });
    await press(/^Throttle: monitor-\w{4}$/);
    await expect.poll(text('#break-result'), PATIENCE).toContain('posts arrive again');
    await publish('order_executed', { userId: 'after', symbol: 'THROTTLE' });
    await expect.poll(text('#orders'), PATIENCE).toContain('after THROTTLE');
    await expect.poll(text('#orders'), PATIENCE).toContain('missed THROTTLE');
    await expect.poll(text('#trouble'), PATIENCE).toContain('lost once');
  });

  it('the monitor whose token it has expired is told so at the next event and reconnects with a new one', async () => {
    await connectionsShown();
    await press(/^Expire token: monitor-\w{4}$/);
    await expect.poll(text('#break-result'), PATIENCE).toContain('token expired');
    await publish('order_executed', { userId: 'after', symbol: 'EXPIRY' });
    await expect.poll(text('#orders'), PATIENCE).toContain('after EXPIRY');
    await expect.poll(text('#frames'), PATIENCE).toContain('token_expired');
  });

  it('the monitor changes to another room by its form, and back', async () => {
    await page.getByRole('textbox', { name: 'Room' }).fill('8');
    await page.keyboard.press('Enter');
    await expect.poll(text('#details'), PATIENCE).toContain('room 8: subscribed');
    expect(await text('#orders')()).toBe('');
    expect(page.url()).toContain('?room=8');
    await page.goBack();
    await expect.poll(text('#details'), PATIENCE).toContain('room 7: subscribed');
  });

  it('the keyboard reaches the controls of the monitor in the order of reading', async () => {
    await expect.poll(text('#rooms'), PATIENCE).toMatch(/^7/);
    await page.locator('#room').focus();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Watch');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('7');
  });

  it.each(['light', 'dark'] as const)(
    'the monitor is readable at 360 px in the %s scheme',
    async (scheme) => {
      const narrow = await open('?room=7', 360, scheme);
      await narrow.getByText('room 7: subscribed').waitFor();
      const quantities = [3, 4, 5, 6];
      for (const quantity of quantities) {
        await publish('order_executed', { userId: 'zoe', side: 'buy', quantity, symbol: scheme, price: 100 });
      }
      await narrow.getByText(`zoe buy 6 ${scheme} at 100`).waitFor();
      for (const [width, name] of [
        [360, '360'],
        [1280, '1280'],
      ] as const) {
        await narrow.setViewportSize({ width, height: 900 });
        expect(
          await narrow.evaluate(() => document.scrollingElement.scrollWidth - innerWidth),
        ).toBeLessThanOrEqual(0);
        await narrow.screenshot({
          path: join(screenshots, `monitor-${scheme}-${name}.png`),
          fullPage: true,
        });
      }
      await narrow.context().close();
    },
  );

  it('the monitor causes no error or warning in the console', () => {
    expect(complaints).toEqual([]);
  });

  it('the monitor says that the emulator is gone, and that it is back', async () => {
    const { port } = emulator;
    await emulator.stop();
    await expect.poll(text('#emulator-lost'), PATIENCE).toContain('does not answer');
    await expect.poll(text('#state'), PATIENCE).toMatch(/^connecting, attempt \d+$/);
    emulator = await startLocal({}, ['--port', String(port)], spawnCommand);
    await expect.poll(() => page.isHidden('#emulator-lost'), { timeout: 20_000 }).toBe(true);
    await expect.poll(text('#details'), { timeout: 30_000 }).toContain('room 7: subscribed');
  }, 120_000);
});
