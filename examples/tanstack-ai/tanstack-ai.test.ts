import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { EventType } from '@tanstack/ai';
import { ChatClient, fetchServerSentEvents, type UIMessage } from '@tanstack/ai-client';
import {
  missingRedis,
  RedisServer,
} from '../../libs/nestjs-drain-resume/test/support/redis-server.js';
import { RoundRobin } from '../../test/support/round-robin.js';
import { startExample, type Example } from '../support/example.js';

const wholeText = Array.from({ length: 30 }, (_, n) => `word${n} `).join('');

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function start(env: Record<string, string> = {}): Promise<Example> {
  const replica = await startExample('tanstack-ai', env);
  stops.push(() => replica.stop());
  return replica;
}

const portOf = ({ url }: Example): number => Number(new URL(url).port);

/** TanStack's own client, and what a page would show of it. */
class Page {
  readonly #changes = new EventTarget();
  readonly errors: Error[] = [];
  readonly #client: ChatClient;
  #messages: UIMessage[] = [];
  runId = '';

  constructor(url: string) {
    this.#client = new ChatClient({
      connection: fetchServerSentEvents(`${url}/api/chat`),
      onMessagesChange: (messages) => {
        this.#messages = messages;
        this.#changes.dispatchEvent(new Event('change'));
      },
      onChunk: (chunk) => {
        if (chunk.type === EventType.RUN_STARTED) this.runId = chunk.runId;
      },
      onError: (error) => void this.errors.push(error),
    });
  }

  get answers(): string[] {
    return this.#messages
      .filter(({ role }) => role === 'assistant')
      .map(({ parts }) => parts.map((part) => (part.type === 'text' ? part.content : '')).join(''));
  }

  /** Asks, calls `middle` once when some words are shown, and resolves at the end of the answer. */
  async ask(middle: () => unknown): Promise<void> {
    const answered = this.#client.sendMessage('Thirty words');
    while (!this.answers[0]?.includes('word5 ')) await once(this.#changes, 'change');
    await Promise.all([middle(), answered]);
  }
}

test('without Redis an answer is whole although SIGTERM arrives in the middle', async () => {
  const example = await start();
  const page = new Page(example.url);
  await page.ask(example.terminate);
  expect(page.answers).toEqual([wholeText]);
  expect(page.errors).toEqual([]);
  expect(await example.exited).toBe(0);
});

(missingRedis ? describe.skip : describe)('two replicas on one Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis?.stop());

  /** New connections go to the first replica, and to the second one from `switchOver` on. */
  async function replicas(env: Record<string, string> = { TAKE_OVER: 'continue' }) {
    const all = { REDIS_URL: redis.url, DRAIN_TIMEOUT: '1', ...env };
    const [first, second] = await Promise.all([start(all), start(all)]);
    const balancer = await RoundRobin.start(portOf(first));
    stops.push(() => balancer.stop());
    const switchOver = () => {
      balancer.add(portOf(second));
      balancer.remove(portOf(first));
    };
    return { first, balancer, switchOver };
  }

  const losses: [string, (fleet: Awaited<ReturnType<typeof replicas>>) => unknown][] = [
    [
      'a cut connection',
      ({ balancer }) => {
        balancer.cut();
        balancer.mend();
      },
    ],
    ['SIGTERM of the replica that answers', ({ first }) => first.terminate()],
    ['SIGKILL of the replica that answers', ({ first }) => first.stop()],
  ];

  test.each(losses)('the answer is whole and shows no error through %s', async (_, lose) => {
    const fleet = await replicas();
    const page = new Page(fleet.balancer.url);
    await page.ask(() => {
      fleet.switchOver();
      lose(fleet);
    });
    expect(page.answers).toEqual([wholeText]);
    expect(page.errors).toEqual([]);
    expect(fleet.first.output()).not.toMatch(/ERROR/);
  });

  test('an answer that no replica may go on with ends with an error', async () => {
    const { first, balancer, switchOver } = await replicas({});
    const page = new Page(balancer.url);
    await page.ask(() => {
      switchOver();
      void first.stop();
    });
    expect(page.errors.map(({ message }) => message)).toEqual([
      'The answer was interrupted. Please ask again.',
    ]);
    const [said = ''] = page.answers;
    expect(wholeText.startsWith(said)).toBe(true);
    expect(said).not.toBe(wholeText);
  });

  test('a second page of the caller joins the run at another replica, and stops it for both', async () => {
    const { balancer, switchOver } = await replicas();
    const page = new Page(balancer.url);
    const joined: string[] = [];
    await page.ask(async () => {
      switchOver();
      const url = `${balancer.url}/api/chat`;
      const headers = { Authorization: 'Bearer stranger' };
      const stranger = await fetch(`${url}?offset=-1&runId=${page.runId}`, { headers });
      expect(await stranger.text()).toMatch(/^:\n\ndata: \{"type":"RUN_ERROR".*\n\n$/);
      for await (const chunk of fetchServerSentEvents(url).joinRun(page.runId)) {
        joined.push(chunk.type === EventType.TEXT_MESSAGE_CONTENT ? chunk.delta : chunk.type);
        if (joined.at(-1) === 'word6 ') {
          await fetch(`${url}?runId=${page.runId}`, { method: 'DELETE' });
        }
      }
    });
    expect(joined.slice(1, 4)).toEqual(['RUN_STARTED', 'TEXT_MESSAGE_START', 'word0 ']);
    expect(joined.at(-1)).toBe('RUN_ERROR');
    expect(page.answers[0]).not.toBe(wholeText);
    expect(wholeText.startsWith(page.answers[0]!)).toBe(true);
  });
});
