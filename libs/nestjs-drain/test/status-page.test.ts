import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { GracefulShutdownOptions } from '../src/index.js';
import { admitted, admittedWith } from './support/scripted-stream.js';
import { startApplication } from './support/application.js';

const executablePath = '/usr/bin/chromium';

/** Why these tests cannot run, or undefined. In CI it is an error instead. */
const missingChromium = ((): string | undefined => {
  if (existsSync(executablePath)) return undefined;
  const reason = 'Chromium is missing; install the Debian package chromium';
  if (process.env['CI'] === 'true') throw new Error(reason);
  console.warn(`skipped: ${reason}`);
  return reason;
})();

(missingChromium ? describe.skip : describe)('the status page in a browser', () => {
  let browser: Browser;
  const closing: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    const quiet = [
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ];
    const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', ...quiet];
    browser = await chromium.launch({ executablePath, args });
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function open(options: GracefulShutdownOptions = {}, view: object = {}) {
    const application = await startApplication('express', { options: { timeout: 90, ...options } });
    closing.push(() => application.close());
    const context = await browser.newContext(view);
    closing.push(() => context.close());
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) complaints.push(message.text());
    });
    const elsewhere: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(application.url)) elsewhere.push(request.url());
    });
    await page.goto(`${application.url}/shutdown`);
    return { ...application, page, complaints, elsewhere };
  }

  const headline = (page: Page, text: string) =>
    page.getByRole('heading', { name: text }).waitFor();

  test('follows the drain from serving to the end of the process', async () => {
    const { application, drain, clock, page, complaints, elsewhere } = await open({
      propagationDelay: 5,
    });
    const stream = admitted(drain.streams);
    admitted(drain.streams, 'subscription', { onEnd: 'deliver' });
    await headline(page, 'Serving');

    void drain.start('SIGTERM');
    await headline(page, 'Lame duck');
    const countdown = page.getByRole('timer');
    expect(await countdown.textContent()).toMatch(/^1:(30|2\d) to the deadline$/);
    expect(await page.locator('[aria-current=step]').textContent()).toContain('Lame duck');

    clock.advance(5_000);
    await headline(page, 'Draining');
    clock.advance(1_000);
    await page.getByText('New streams are refused. 1 stream may finish (SIGTERM).').waitFor();
    const rows = page.locator('tbody tr');
    expect(await rows.count()).toBe(1);
    expect(await rows.getByRole('rowheader').textContent()).toContain('/scripted');

    stream.close();
    const closed = application.close();
    await headline(page, 'Drained');
    const summary =
      'Drain completed after 6.0 s (SIGTERM): streams 1 completed, 1 told to reconnect';
    expect(await page.locator('#summary').textContent()).toBe(summary);
    // What has changed is said once, politely.
    const news = page.getByRole('status');
    expect(await news.textContent()).toBe(summary);
    expect(await news.getAttribute('aria-live')).toBe('polite');
    await clock.advanceAsync(3_000);
    await closed;
    await page.getByText('this process has ended').waitFor();
    expect(complaints).toEqual([]);
    expect(elsewhere).toEqual([]);
  });

  test('shows what a stream calls itself as text, whatever it is', async () => {
    const { drain, page, complaints } = await open();
    const id = '<img src=x onerror=document.title=1>';
    admittedWith(drain.streams, { id });
    drain.events.emit({ type: 'phaseChanged', phase: 'serving', previous: 'serving' });
    await page.locator(`tbody th[title="${id}"]`).waitFor();
    expect(await page.locator('img').count()).toBe(0);
    expect(complaints).toEqual([]);
    for (const stream of drain.streams) stream.release();
  });

  test('is read-only without a token: there is nothing to press', async () => {
    const { page } = await open();
    await headline(page, 'Serving');
    expect(await page.getByRole('button').count()).toBe(0);
  });

  test('asks for the token, and with it drains by the keyboard, after one more question', async () => {
    const { drain, page } = await open({ control: { token: 'sesame' } });
    const field = page.getByLabel('Token');
    await field.waitFor();
    expect(await page.getByRole('heading', { name: 'Serving' }).count()).toBe(0);
    await page.keyboard.type('guess\n');
    await page.getByText('Authorization: Bearer').waitFor();
    await field.fill('sesame');
    await page.keyboard.press('Enter');
    await headline(page, 'Serving');

    const stream = admitted(drain.streams);
    await page.getByRole('button', { name: 'Drain this pod…' }).press('Enter');
    await page.getByRole('dialog', { name: 'Drain this pod?' }).waitFor();
    await page.keyboard.press('Enter');
    expect(drain.phase).toBe('serving');
    await page.getByRole('button', { name: 'Drain this pod…' }).press('Enter');
    await page.getByRole('button', { name: 'Drain', exact: true }).press('Enter');
    await headline(page, 'Draining');
    expect(drain.isShuttingDown).toBe(true);
    stream.close();
  });

  test.each(['light', 'dark'] as const)(
    'fits a phone, %s: nothing is wider than the screen, and every text can be read',
    async (colorScheme) => {
      const { drain, clock, page } = await open(
        {},
        { viewport: { width: 360, height: 740 }, colorScheme, reducedMotion: 'reduce' },
      );
      const stream = admitted(drain.streams);
      for (const phase of ['Serving', 'Draining', 'Drained']) {
        if (phase === 'Draining') void drain.start('SIGTERM');
        if (phase === 'Drained') stream.close();
        clock.advance(1_000);
        await headline(page, phase);
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
        expect(await page.evaluate(faintTexts)).toEqual([]);
      }
    },
  );
});

/** Runs in the page: texts whose contrast to the background is less than WCAG's 4.5 to 1. */
const faintTexts = `(() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = (color) => channels(color).slice(0, 3)
    .map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const ground = (element) => {
    const color = getComputedStyle(element).backgroundColor;
    return channels(color)[3] === 0 && element.parentElement ? ground(element.parentElement) : color;
  };
  const texts = [...document.querySelectorAll('h1,h2,p,b,span,dt,dd,small,th,td,caption,code')];
  return texts.filter((element) => {
    if (element.textContent === '' || !element.checkVisibility()) return false;
    const [a, b] = [luminance(getComputedStyle(element).color), luminance(ground(element))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
  }).map((element) => element.textContent);
})()`;
