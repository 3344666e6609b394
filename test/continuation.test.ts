import OpenAI from 'openai';
import { resumeResponses } from 'nestjs-drain-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  durable,
  missingRedis,
  RedisServer,
} from '../libs/nestjs-drain-resume/test/support/redis-server.js';
import {
  startContinuingUpstream,
  type ContinuingUpstream,
} from '../testing/continuing-upstream.js';
import { tokensOf } from '../testing/byte-tokens.js';
import { clientOf, words } from './support/clients.js';
import { RoundRobin } from './support/round-robin.js';
import { launchService, startService, type RunningService } from './support/service.js';
import { collect, type Event } from './support/word-readers.js';

const text = `It costs 5 €, “naïve” café 漢字 😀😀 ${words(12)}`;

const chat = { MODEL: 'small', OPENAI_API: 'chat' };

/** As `temperature: 0` with a seed asks for it: the exact case. */
const exact = { temperature: 0, seed: 7 } as const;

(missingRedis ? describe.skip : describe)('a real model', () => {
  let redis: RedisServer;
  let upstream: ContinuingUpstream;
  beforeAll(async () => {
    [redis, upstream] = await Promise.all([
      RedisServer.start(...durable),
      startContinuingUpstream({ manner: 'vllm', pause: 20 }),
    ]);
  });
  afterAll(() => Promise.all([redis.stop(), upstream.stop()]));

  /** Reads a response, and does something to its first replica behind its sixth delta. */
  const readThrough = async (
    trouble: (victim: RunningService) => Promise<void>,
    asked: object,
    env: Record<string, string> = {},
  ) => {
    const common = {
      ...{ STORE_URL: redis.url, RESUME_LEASE: '0.5', UPSTREAM_CONTINUATION: 'vllm' },
      ...{ ...chat, OPENAI_BASE_URL: upstream.url, ...env },
    };
    const [victim, heir] = await Promise.all([
      startService({ env: common }),
      startService({ env: common }),
    ]);
    const path = await RoundRobin.start(victim.port);
    try {
      const events = resumeResponses(
        clientOf(path, OpenAI),
        { model: 'small', input: text, ...asked },
        { shortestPause: 0.1, attempts: 50 },
      );
      let said = 0;
      let last: Event | undefined;
      const reading = await collect(
        (async function* () {
          for await (const event of events as AsyncIterable<Event>) {
            yield event;
            last = event;
            if (event.type !== 'response.output_text.delta' || ++said !== 6) continue;
            path.add(heir.port);
            path.remove(victim.port);
            await trouble(victim);
          }
        })(),
      );
      return { ...reading, last: last!, victim, heir: heir.output() };
    } finally {
      await path.stop();
      await Promise.all([victim.stop(), heir.stop()]);
    }
  };

  const kill = (victim: RunningService) => victim.stop();

  it('survives a SIGKILL: the text is exact, and the tokens of both halves are counted', async () => {
    const { text: read, sequences, status, last } = await readThrough(kill, exact);
    expect({ read, status }).toEqual({ read: text, status: 'completed' });
    expect(sequences).toEqual(sequences.map((_, index) => index));
    const tokens = tokensOf(text).length;
    expect(last).toMatchObject({
      response: {
        output: [{ content: [{ text }] }],
        usage: { input_tokens: tokens, output_tokens: tokens, total_tokens: 2 * tokens },
      },
    });
  });

  it('keeps to max_output_tokens through a SIGKILL', async () => {
    const max_output_tokens = 20;
    const reading = await readThrough(kill, { ...exact, max_output_tokens });
    const whole = Buffer.concat(tokensOf(text).slice(0, max_output_tokens)).toString();
    expect(reading).toMatchObject({ text: whole, status: 'incomplete' });
    expect(reading.last).toMatchObject({
      response: {
        incomplete_details: { reason: 'max_output_tokens' },
        usage: { output_tokens: max_output_tokens },
      },
    });
  });

  it('is handed off at a deadline of 2 s, and no word is lost', async () => {
    const long = words(60);
    const env = { GRACEFUL_SHUTDOWN_TIMEOUT: '2', GRACEFUL_SHUTDOWN_FLUSH_TIMEOUT: '1' };
    const terminate = async (victim: RunningService) => {
      victim.process.kill('SIGTERM');
      return Promise.resolve();
    };
    const reading = await readThrough(terminate, { ...exact, input: long }, env);
    expect(reading).toMatchObject({ text: long, status: 'completed' });
    expect(await reading.victim.exited).toMatchObject({ code: 0 });
    expect(reading.victim.output()).toMatch(/1 handed off/);
  });

  it('says so if it is not asked to go on', async () => {
    const reading = await readThrough(kill, exact, { UPSTREAM_CONTINUATION: 'none' });
    expect(reading.status).toBe('failed');
    expect(text.startsWith(reading.text)).toBe(true);
    expect(reading.last).toMatchObject({
      response: { error: { message: expect.stringContaining('cannot be continued') } },
    });
    expect(reading.heir).toContain('set UPSTREAM_CONTINUATION');
  });
});

describe('an upstream that does not go on as it is told to', () => {
  it.each([
    ['ignores it', 'never', 'it says'],
    ['refuses it', 'refuse', 'Unrecognized request argument'],
  ] as const)('is found out at start: it %s', async (_, manner, why) => {
    const upstream = await startContinuingUpstream({ manner });
    const env = { ...chat, OPENAI_BASE_URL: upstream.url, UPSTREAM_CONTINUATION: 'vllm' };
    const service = launchService(env);
    try {
      expect((await service.exited).code).toBe(1);
      expect(service.output()).toContain('Cannot start: UPSTREAM_CONTINUATION must be none');
      expect(service.output()).toContain(why);
    } finally {
      await service.stop();
      await upstream.stop();
    }
  });

  it('does not hold the start if it cannot be asked', async () => {
    const env = {
      ...chat,
      OPENAI_BASE_URL: 'http://127.0.0.1:1/v1',
      UPSTREAM_CONTINUATION: 'vllm',
    };
    const service = await startService({ env });
    expect(service.output()).toContain('UPSTREAM_CONTINUATION could not be tried out');
    expect(service.output()).toContain('check OPENAI_BASE_URL');
    await service.stop();
  });
});
