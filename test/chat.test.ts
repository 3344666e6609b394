import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Fleet } from '../demo/fleet.js';
import type { Replica } from '../demo/replica.js';
import { startStore, type Store } from '../demo/store.js';
import { missingRedis } from '../libs/nestjs-drain-resume/test/support/redis-server.js';
import { missingChromium, startChromium } from './support/chromium.js';
import { adapters, words } from './support/clients.js';
import { startService } from './support/service.js';
import { eventually } from '../testing/eventually.js';

const entry = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const missing = missingChromium ?? missingRedis;

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
    // As a Deployment names its pods.
    const nameOf = (number: number) => `chat-shell-7d9c6b5f4-x2x${number}q`;
    fleet = await Fleet.start({ entry, size: 3, env, nameOf });
    spares = await fleet.launch(6);
    browser = await startChromium();
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
    await answer.getByText('Complete: ').waitFor();
    expect(await answer.locator('.text').textContent()).toBe(prompt);
    expect(await answer.locator('.seam').count()).toBeGreaterThanOrEqual(2);
    expect(await sentencesFor(page)).toEqual(prompt.split('\n'));
    expect(errors).toEqual([]);
    await page.close();
  });

  describe.each([1280, 375])('at %i px', (width) => {
    it.each(['serving', 'lameDuck', 'draining', 'drained'])(
      'shows whole names, whole words and whole lines: %s',
      async (phase) => {
        const page = await browser.newPage({ viewport: { width, height: 700 } });
        const status = { pod: 'chat-shell-7d9c6b5f4-x2x9q', phase };
        const body = `event: status\ndata: ${JSON.stringify(status)}\n\n`;
        const events = { contentType: 'text/event-stream', body };
        await page.route('**/v1/events', (route) => route.fulfill(events));
        await page.route('**/v1/responses', (route) => route.fulfill(endedEarly), { times: 1 });
        await page.goto(fleet.url);
        await page.locator(`#pod[data-phase=${phase}]`).waitFor();
        expect(await page.evaluate(misfits)).toEqual([]);
        await page.getByRole('button', { name: 'Use a long text' }).click();
        await page.keyboard.press('Enter');
        await page.getByRole('button', { name: 'Ask again' }).waitFor();
        expect(await page.evaluate(misfits)).toEqual([]);
        const height = "document.querySelector('.question p').clientHeight";
        const short = await page.evaluate<number>(height);
        await page.getByRole('button', { name: 'Show all' }).click();
        expect(await page.evaluate<number>(height)).toBeGreaterThan(short);
        await page.close();
      },
    );
  });

  it('says that no replica answers, and goes on when one does', async () => {
    const page = await browser.newPage({ viewport: { width: 375, height: 700 } });
    await page.goto(fleet.url);
    await page.getByText('serving').waitFor();
    await page.context().setOffline(true);
    await page.getByLabel('Your message').fill('one two three');
    await page.keyboard.press('Enter');
    await page.getByText('No replica answers at the moment. Trying again').waitFor();
    expect(await page.locator('#pod-phase').textContent()).toBe('no answer');
    expect(await page.evaluate(misfits)).toEqual([]);
    await page.context().setOffline(false);
    await page.getByText('Complete: 3 words, from one replica').waitFor();
    await page.close();
  });

  it('says in plain words how an answer ended, and asks again', async () => {
    const page = await browser.newPage({ viewport: { width: 375, height: 700 } });
    await page.route('**/v1/responses', (route) => route.fulfill(endedEarly), { times: 1 });
    await page.goto(fleet.url);
    await page.getByLabel('Your message').fill('one two');
    await page.keyboard.press('Enter');
    const remark = page.locator('.outcome').first();
    await remark.getByText('The service restarted before this answer was complete.').waitFor();
    expect(await page.locator('main').textContent()).not.toMatch(/incomplete|shutting_down/);
    await page.getByRole('button', { name: 'Ask again' }).click();
    await page.getByText('Complete: 2 words, from one replica').waitFor();
    expect(await page.locator('.exchange').count()).toBe(2);
    await page.close();
  });
});

/** A response that its replica had to end. */
const endedEarly = {
  status: 200,
  contentType: 'text/event-stream',
  body: [
    { type: 'response.created', response: { id: 'resp_1' } },
    { type: 'response.output_text.delta', delta: 'one ' },
    {
      type: 'response.incomplete',
      response: { status: 'incomplete', incomplete_details: { reason: 'shutting_down' } },
    },
  ]
    .map((event, id) => `id: ${id}\ndata: ${JSON.stringify({ ...event, sequence_number: id })}\n\n`)
    .join(''),
};

/** In the page: what is cut, reaches over the edge, or breaks a line that should not break. */
const misfits = `
  ['html', 'header', 'h1', '#pod', '#pod-name', '#pod-phase', '#composer', '.options label', '.question p', '.answer', '.again']
    .filter((name) => [...document.querySelectorAll(name)].some((element) => {
      const { right, width } = element.getBoundingClientRect();
      const line = parseFloat(getComputedStyle(element).lineHeight);
      const isCut = element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0;
      const isBroken = ['h1', 'b'].includes(element.localName) && element.clientHeight > 1.5 * line;
      const isHalf = element.matches('.question p') && element.clientHeight % line > 1;
      return isCut || right > innerWidth + 1 || isBroken || isHalf;
    }))
`;

/** Waits until the answer goes on. */
async function nextWord(page: Page): Promise<void> {
  const answer = page.locator('.answer .text');
  const before = (await answer.textContent()) ?? '';
  await eventually(async () => expect(await answer.textContent()).not.toBe(before));
}

/** What a screen reader was given to say. */
async function sentencesFor(page: Page): Promise<string[]> {
  return page.locator('[aria-live=polite] p').allTextContents();
}

/** CHAT_PICTURES=write takes the pictures of the documents anew. */
const writes = process.env.CHAT_PICTURES === 'write' && !missing;
(writes ? it : it.skip).each([
  ['light', 'light', 960, 640, 1],
  ['dark', 'dark', 960, 640, 1],
  ['phone', 'dark', 375, 700, 2],
] as const)(
  'the picture of an answer that has moved: %s',
  async (name, colorScheme, width, height, deviceScaleFactor) => {
    const store = await startStore();
    const env = {
      STORE_URL: store.url,
      RESUME_LEASE: '1',
      GRACEFUL_SHUTDOWN_TIMEOUT: '3',
      ECHO_TOKENS_PER_SECOND: '8',
    };
    const suffix = ['4kq8z', 'm7xw2', 'c9vtd', 'h2bnf', 'r5jpl', 'z8sgq'];
    const nameOf = (number: number) =>
      `chat-shell-${number < 2 ? '6f8b9d5c7' : '7d9c6b5f4'}-${suffix[number]}`;
    const fleet = await Fleet.start({ entry, size: 1, env, nameOf });
    const spares = await fleet.launch(2);
    const browser = await startChromium();
    const viewport = { width, height };
    const page = await browser.newPage({ viewport, colorScheme, deviceScaleFactor });
    await page.goto(`${fleet.url}/#demo`);
    for (const [moves, spare] of spares.entries()) {
      await eventually(async () => {
        expect(await page.locator('.seam').count()).toBe(moves);
        const text = await page.locator('.answer .text').textContent();
        expect(text!.length).toBeGreaterThan(70 * (moves + 1));
      });
      const replaced = fleet.replaceOldest('SIGTERM', spare);
      if (spare === spares.at(-1)) {
        await page.getByText('draining').waitFor();
        await page.screenshot({
          path: fileURLToPath(new URL(`../docs/images/chat-${name}.png`, import.meta.url)),
        });
      }
      await replaced;
    }
    await browser.close();
    await fleet.stop();
    await store.stop();
  },
  120_000,
);
