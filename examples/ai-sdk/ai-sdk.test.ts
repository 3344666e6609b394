import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import {
  missingRedis,
  RedisServer,
} from '../../libs/nestjs-drain-resume/test/support/redis-server.js';
import { missingChromium, startChromium } from '../../test/support/chromium.js';
import { RoundRobin } from '../../test/support/round-robin.js';
import { readThrough, startExample, type Example } from '../support/example.js';

const words = Array.from({ length: 30 }, (_, n) => `word${n}`);
const wholeText = words.map((word) => `${word} `).join('');

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function start(env: Record<string, string> = {}): Promise<Example> {
  const replica = await startExample('ai-sdk', env);
  stops.push(() => replica.stop());
  return replica;
}

test('without Redis an answer is whole although SIGTERM arrives in the middle', async () => {
  const example = await start();
  const question = { role: 'user', parts: [{ type: 'text', text: 'Thirty words' }] };
  const response = await fetch(`${example.url}/api/chat`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ id: 'chat', messages: [question] }),
  });
  const text = await readThrough(response, 'word5 ', example.terminate);
  const said = [...text.matchAll(/"delta":"(word\d+) "/g)].map(([, word]) => word);
  expect(said).toEqual(words);
  expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true);
  expect(await example.exited).toBe(0);
});

(missingChromium || missingRedis ? describe.skip : describe)('the page in Chromium', () => {
  let browser: Browser;
  let redis: RedisServer;
  let balancer: RoundRobin;
  let page: Page;
  const troubles: string[] = [];

  beforeAll(async () => {
    browser = await startChromium();
    redis = await RedisServer.start();
  });

  afterAll(async () => {
    await browser?.close();
    await redis?.stop();
  });

  beforeEach(async () => {
    troubles.length = 0;
    balancer = await RoundRobin.start();
    page = await browser.newPage();
    page.on('pageerror', (error) => troubles.push(error.message));
    stops.push(
      () => balancer.stop(),
      () => page.close(),
    );
  });

  /** Asks the first of two replicas, waits for some words, and sends new connections to the second one. */
  async function ask(env: Record<string, string> = {}): Promise<Example> {
    const all = { REDIS_URL: redis.url, DRAIN_TIMEOUT: '1', ...env };
    const [first, second] = await Promise.all([start(all), start(all)]);
    const portOf = ({ url }: Example): number => Number(new URL(url).port);
    balancer.add(portOf(first));
    await page.goto(balancer.url);
    await page.getByLabel('Your message').fill('Thirty words');
    await page.keyboard.press('Enter');
    await page.getByText('word5 ').waitFor();
    balancer.add(portOf(second));
    balancer.remove(portOf(first));
    return first;
  }

  const answer = (): Promise<string | null> => page.locator('.assistant').textContent();
  const become = (status: string): Promise<void> =>
    page.locator(`[data-status=${status}]`).waitFor();
  const alert = () => page.getByRole('alert');

  async function expectWhole(): Promise<void> {
    await become('ready');
    expect(await answer()).toBe(wholeText);
    expect(await alert().count()).toBe(0);
    expect(troubles).toEqual([]);
  }

  test('shows the whole answer and no error when SIGTERM ends the replica that answers', async () => {
    const first = await ask({ TAKE_OVER: 'continue' });
    first.terminate();
    // The deadline comes before the last word: the other replica says the rest.
    expect(await first.exited).toBe(0);
    expect(first.output()).toMatch(/\b1 handed off/);
    await expectWhole();
  });

  test('shows the whole answer and no error when SIGKILL ends the replica that answers', async () => {
    const first = await ask({ TAKE_OVER: 'continue' });
    await first.stop();
    await expectWhole();
  });

  test('shows an error, not a stop, when no replica may go on with the answer', async () => {
    const first = await ask();
    await first.stop();
    await become('error');
    const said = (await answer())!;
    expect(wholeText.startsWith(said)).toBe(true);
    expect(said).not.toBe(wholeText);
    expect(await alert().textContent()).toContain('The answer was interrupted. Please ask again.');
    await page.getByRole('button', { name: 'Ask again' }).click();
    await expectWhole();
  });

  test('comes back to the open answer when it is loaded anew', async () => {
    await ask();
    await page.reload();
    await page.getByText('word5 ').waitFor();
    expect(await page.locator('main').getAttribute('data-status')).toBe('streaming');
    await expectWhole();
  });

  test('stops the answer when its user wants it', async () => {
    await ask();
    await page.getByRole('button', { name: 'Stop' }).click();
    await become('ready');
    expect(wholeText.startsWith((await answer())!)).toBe(true);
    expect(await answer()).not.toBe(wholeText);
    expect(await alert().count()).toBe(0);
  });
});
