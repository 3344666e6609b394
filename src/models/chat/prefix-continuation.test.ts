import fc from 'fast-check';
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  startContinuingUpstream,
  type ContinuingOptions,
  type ContinuingUpstream,
} from '../../../testing/continuing-upstream.js';
import { tokensOf } from '../../../testing/byte-tokens.js';
import { ResponseComposer } from '../../responses/response-composer.js';
import { headOf } from '../../responses/response-head.js';
import { NOTHING_SENT, type ModelEnd, type Parameters, type Sent } from '../model.js';
import { ChatUpstream } from './chat-upstream.js';
import { PrefixContinuation } from './prefix-continuation.js';

const exact: Parameters = { temperature: 0, seed: 7 };

let upstream: ContinuingUpstream;
afterEach(() => upstream.stop());

/** A model of one process: no two share anything but the upstream. */
async function modelOf(options: ContinuingOptions, manner: 'vllm' | 'prefix' = 'vllm') {
  upstream = await startContinuingUpstream(options);
  const client = new OpenAI({ apiKey: 'none', baseURL: upstream.url, maxRetries: 0 });
  return new ChatUpstream('small', client, new PrefixContinuation(client, manner));
}

/** What a process has sent when it was killed behind these deltas. */
function sentBy(deltas: readonly string[]): Sent {
  const request = { input: [], metadata: {}, stream: true, store: true, background: false };
  const composer = new ResponseComposer(headOf(request, 'small', 'resp_1'));
  for (const delta of deltas) for (const event of composer.take(delta)) void event;
  return composer.sent;
}

async function answer(model: ChatUpstream, text: string, parameters = exact, sent = NOTHING_SENT) {
  const prompt = { input: [{ role: 'user' as const, content: text }], metadata: {}, parameters };
  const deltas: string[] = [];
  const { signal } = new AbortController();
  let end: ModelEnd = { type: 'end' };
  for await (const piece of await model.start(prompt, { sent, durable: true, signal })) {
    if (typeof piece === 'string') deltas.push(piece);
    else if (piece.type === 'end') end = piece;
  }
  return { deltas, text: deltas.join(''), end };
}

/** Asks, is killed behind `count` deltas, and goes on. */
async function throughKill(model: ChatUpstream, text: string, count: number, parameters = exact) {
  const whole = await answer(model, text, parameters);
  const said = whole.deltas.slice(0, count);
  const rest = await answer(model, text, parameters, sentBy(said));
  return { whole, said: said.join(''), rest };
}

const hard = 'It costs 5 €, “naïve” café 漢字かな交じり文 👩‍👩‍👧 😀😀 foo(bar);\n\n  - née:\n\nend. ';

describe('an answer that another process goes on with', () => {
  it('is exact from every token of a hard text', async () => {
    const model = await modelOf({ manner: 'vllm' });
    const { deltas } = await answer(model, hard);
    // Tokens end in the middle of words and of characters.
    expect(deltas.length).toBeLessThan(tokensOf(hard).length);
    for (let count = 1; count <= deltas.length; count += 1) {
      const { said, rest } = await throughKill(model, hard, count);
      expect(said + rest.text).toBe(hard);
    }
  });

  it('is exact at any seam of any text', async () => {
    const model = await modelOf({ manner: 'vllm' });
    const parts = fc.constantFrom(
      'word',
      'é',
      '漢字',
      '😀',
      '👩‍👧',
      ' ',
      '  ',
      '\n',
      '\n\n',
      ', ',
      '.',
      '(',
      '7',
      "'s",
    );
    const texts = fc.array(parts, { minLength: 3, maxLength: 25 }).map((all) => `a${all.join('')}`);
    await fc.assert(
      fc.asyncProperty(texts, fc.nat(60), async (text, at) => {
        const { deltas } = await answer(model, text);
        const count = 1 + (at % deltas.length);
        const { rest } = await throughKill(model, text, count);
        expect(deltas.slice(0, count).join('') + rest.text).toBe(text);
      }),
      { numRuns: 100 },
    );
  });

  it('tells all tokens of both halves, and keeps to the limit', async () => {
    const model = await modelOf({ manner: 'vllm' });
    const all = tokensOf(hard).length;
    for (const max_output_tokens of [undefined, all - 5, all]) {
      const parameters = { ...exact, ...(max_output_tokens && { max_output_tokens }) };
      for (const count of [1, 5, 12, 30]) {
        const { whole, said, rest } = await throughKill(model, hard, count, parameters);
        expect(said + rest.text).toBe(whole.text);
        expect(rest.end).toEqual(whole.end);
      }
    }
    expect((await answer(model, hard)).end.usage).toEqual({
      ...{ input_tokens: all, output_tokens: all, total_tokens: 2 * all },
    });
  });

  it('ends at once if its limit is spent', async () => {
    const model = await modelOf({ manner: 'vllm' });
    const parameters = { ...exact, max_output_tokens: 4 };
    const { whole, said, rest } = await throughKill(model, 'one two three four', 99, parameters);
    expect(said + rest.text).toBe(whole.text);
    expect(rest.end.incompleteReason).toBe('max_output_tokens');
  });

  it('has no usage rather than a wrong one if the upstream does not count', async () => {
    const model = await modelOf({ manner: 'vllm', counts: false });
    const { said, rest } = await throughKill(model, 'one two three four five', 3);
    expect(said + rest.text).toBe('one two three four five');
    expect(rest.end.usage).toBeUndefined();
  });

  it('is spoken by a prefix message, too', async () => {
    const model = await modelOf({ manner: 'prefix' }, 'prefix');
    const { said, rest } = await throughKill(model, hard, 9);
    expect(said + rest.text).toBe(hard);
    expect(upstream.requests.at(-1)).not.toHaveProperty('continue_final_message');
  });

  it('is asked for with the whole text, if the model says another word at the seam', async () => {
    const model = await modelOf({ manner: 'never' });
    const { deltas } = await answer(model, 'one two three', { temperature: 1 });
    await upstream.stop();
    const heir = await modelOf({ manner: 'vllm' });
    const sent = sentBy(deltas.slice(0, 4));
    const rest = await answer(heir, 'one two three', { temperature: 1 }, sent);
    const prefixes = upstream.requests.filter((one) => one.stream && one.continue_final_message);
    expect(prefixes.at(-1)!.messages.at(-1)!.content).toBe(deltas.slice(0, 4).join(''));
    expect(rest.end.usage).toBeDefined();
  });

  it('begins anew if nothing was sent of it', async () => {
    const model = await modelOf({ manner: 'never' });
    expect((await answer(model, 'one two', exact, sentBy([]))).text).toBe('one two');
    expect(upstream.requests).toHaveLength(1);
  });

  it.each<[string, Sent['output'], Parameters]>([
    ['reasoning', [{ type: 'reasoning', id: 'rs_1', summary: [] }], exact],
    ['a tool call', [{ type: 'function_call', call_id: 'a', name: 'f', arguments: '{' }], exact],
    ['a format', sentBy(['{']).output, { ...exact, text: { format: { type: 'json_object' } } }],
  ])('is refused in the middle of %s', async (_, output, parameters) => {
    const model = await modelOf({ manner: 'vllm' });
    const going = answer(model, 'one two', parameters, { events: 3, deltas: 1, output });
    await expect(going).rejects.toThrow('cannot go on');
    expect(upstream.requests).toHaveLength(0);
  });
});

describe('the probe', () => {
  it.each<[string, ContinuingOptions]>([
    ['ignores the flag', { manner: 'never' }],
    ['refuses the flag', { manner: 'refuse' }],
    ['speaks the other dialect', { manner: 'prefix' }],
    ['thinks first', { manner: 'vllm', thoughts: 'Let me think.' }],
  ])('finds out a server that %s', async (_, options) => {
    const model = await modelOf(options);
    const isThinking = options.thoughts !== undefined;
    const going = answer(model, 'one two three', exact, sentBy(['one', ' tw']));
    if (!isThinking) await expect(going).rejects.toThrow();
    else await expect(going).rejects.toThrow('began to reason');
  });

  it('is asked once', async () => {
    const model = await modelOf({ manner: 'vllm' });
    await answer(model, 'one two three', exact, sentBy(['one', ' tw']));
    await answer(model, 'one two three', exact, sentBy(['one', ' tw']));
    const probes = upstream.requests.filter(({ messages }) =>
      messages[0]!.content.includes('Repeat'),
    );
    // Once anew, once in the middle.
    expect(probes).toHaveLength(2);
  });
});
