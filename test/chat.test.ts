import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Fleet } from '../demo/fleet.js';
import type { Replica } from '../demo/replica.js';
import { hasRedisServer, startStore, type Store } from '../demo/store.js';
import { adapters, words } from './support/clients.js';
import { startService } from './support/service.js';
import { eventually } from '../testing/eventually.js';

const entry = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const executablePath = '/usr/bin/chromium';
const browserFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Why the browser tests cannot run, or undefined. In CI it is an error instead. */
const missing = ((): string | undefined => {
  const packages = [
    ...(existsSync(executablePath) ? [] : ['chromium']),
    ...(hasRedisServer ? [] : ['redis-server']),
  ];
  if (packages.length === 0) return undefined;
  const reason = `the chat page in a browser needs the Debian packages: ${packages.join(', ')}`;
  if (process.env.CI === 'true') throw new Error(reason);
  console.warn(`skipped: ${reason}`);
  return reason;
})();

describe.each(adapters)('GET / on %s', (adapter) => {
  it('is the page for browsers, with everything it needs, and JSON for everybody else', async () => {
    const service = await startService({ env: { HTTP_ADAPTER: adapter } });
    try {
      const json = await fetch(service.url);
      expect(await json.json()).toMatchObject({ name: 'chat-shell', models: ['echo'] });
      const html = await fetch(service.url, { headers: { Accept: 'text/html,*/*;q=0.8' } });
      expect(html.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(html.headers.get('content-security-policy')).toContain("default-src 'none'");
      for (const answer of [json, html]) expect(answer.headers.get('vary')).toBe('Accept');
      const needed = [...(await html.text()).matchAll(/(?:href|src)="([^"]+)"/g)];
      expect(needed.map(([, path]) => path)).toContain('/chat/client/index.js');
      for (const [, path] of needed) {
        const { status, headers } = await fetch(`${service.url}${path}`);
        expect([path, status]).toEqual([path, 200]);
        expect(headers.get('content-type')).toMatch(/^(text\/(css|javascript)|image\/svg\+xml)/);
      }
      expect((await fetch(`${service.url}/chat/page/..%2Fchat.module.js`)).status).toBe(404);
    } finally {
      await service.stop();
    }
  });
});

(missing ? describe.skip : describe)('the chat page in Chromium', () => {
  let store: Store;
  let fleet: Fleet;
  let spares: Replica[];
  let browser: Browser;

  beforeAll(async () => {
    store = await startStore();
    const env = {
      STORE_URL: store.url,
      RESUME_LEASE: '1',
      GRACEFUL_SHUTDOWN_TIMEOUT: '1',
      ECHO_TOKENS_PER_SECOND: '20',
    };
    fleet = await Fleet.start({ entry, size: 3, env });
    spares = await fleet.launch(6);
    browser = await chromium.launch({ executablePath, args: browserFlags });
    // Nine services start here.
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await fleet?.stop();
    await store?.stop();
  });

  it('says every word once while all replicas are replaced by SIGTERM and then by SIGKILL', async () => {
    const prompt = words(250).replaceAll('9 ', '9.\n');
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(fleet.url);
    await page.getByLabel('Your message').fill(prompt);
    await page.keyboard.press('Enter');
    await nextWord(page);
    for (const signal of [
      'SIGTERM',
      'SIGTERM',
      'SIGTERM',
      'SIGKILL',
      'SIGKILL',
      'SIGKILL',
    ] as const) {
      await fleet.replaceOldest(signal, spares.shift()!);
      await nextWord(page);
    }
    const answer = page.getByRole('article', { name: 'Answer' });
    expect(await answer.getAttribute('data-state')).toBe('streaming');
    await answer.getByText(': complete').waitFor();
    expect(await answer.locator('.text').textContent()).toBe(prompt);
    expect(await answer.locator('.seam').count()).toBeGreaterThanOrEqual(2);
    expect(await sentencesFor(page)).toEqual(prompt.split('\n'));
    expect(errors).toEqual([]);
  });
});

/** Waits until the answer goes on. */
async function nextWord(page: Page): Promise<void> {
  const answer = page.locator('.answer .text');
  const before = (await answer.textContent()) ?? '';
  await eventually(async () => expect(await answer.textContent()).not.toBe(before), {
    timeout: 20_000,
  });
}

/** What a screen reader was given to say. */
async function sentencesFor(page: Page): Promise<string[]> {
  return page.locator('[aria-live=polite] p').allTextContents();
}
