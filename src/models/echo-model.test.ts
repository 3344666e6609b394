import fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { EchoModel } from './echo-model.js';
import type { ModelEnd, Prompt } from './model.js';

const fast = { tokens_per_second: '1000' };
const ask = (text: string, more: Partial<Prompt> = {}): Prompt => ({
  messages: [{ role: 'user', text }],
  metadata: fast,
  ...more,
});

async function answer(prompt: Prompt, position = 0, signal = new AbortController().signal) {
  const pieces: string[] = [];
  let end: ModelEnd = {};
  for await (const piece of await new EchoModel(20).start(prompt, {
    durable: false,
    position,
    signal,
  })) {
    if (typeof piece === 'string') pieces.push(piece);
    else end = piece;
  }
  return { pieces, end };
}

describe('the echo model', () => {
  it('says the last message back word by word', async () => {
    const { pieces, end } = await answer(ask('one two  three\n'));
    expect(pieces).toEqual(['one ', 'two  ', 'three\n']);
    expect(end).toEqual({ usage: { inputTokens: 3, outputTokens: 3 } });
  });

  it('joins to exactly the text, from any position', async () => {
    const texts = fc.array(fc.constantFrom('a', 'word', ' ', '  ', '\n', 'é漢'), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(texts, fc.nat(12), async (parts, position) => {
        const text = parts.join('');
        const whole = (await answer(ask(text))).pieces;
        expect(whole.join('')).toBe(text);
        expect((await answer(ask(text), position)).pieces).toEqual(whole.slice(position));
      }),
      { numRuns: 30 },
    );
  });

  it('stops at max_output_tokens and says so', async () => {
    const { pieces, end } = await answer(ask('one two three', { maxOutputTokens: 2 }));
    expect(pieces).toEqual(['one ', 'two ']);
    expect(end.incompleteReason).toBe('max_output_tokens');
  });

  it('stops when its signal aborts, also between two words', async () => {
    const controller = new AbortController();
    const slow = ask('one two', { metadata: { tokens_per_second: '0.001' } });
    const pending = answer(slow, 0, controller.signal);
    controller.abort();
    await expect(pending).rejects.toThrow('aborted');
  });

  it.each(['0', '-1', 'fast', '1001', ''])('refuses the pace %j', (pace) => {
    const prompt = ask('one', { metadata: { tokens_per_second: pace } });
    const start = () =>
      new EchoModel(20).start(prompt, {
        durable: false,
        position: 0,
        signal: new AbortController().signal,
      });
    expect(start).toThrow(/tokens_per_second must be a number above 0 and at most 1000/);
  });
});
