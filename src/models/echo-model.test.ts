import fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { EchoModel } from './echo-model.js';
import { NOTHING_SENT, type ModelEnd, type Parameters, type Prompt } from './model.js';

const fast = { tokens_per_second: '1000' };
const ask = (text: string, parameters: Parameters = {}): Prompt => ({
  input: [{ role: 'user', content: text }],
  metadata: fast,
  parameters,
});

async function answer(prompt: Prompt, deltas = 0, signal = new AbortController().signal) {
  const pieces: string[] = [];
  let end: ModelEnd = { type: 'end' };
  const sent = { ...NOTHING_SENT, deltas };
  for await (const piece of await new EchoModel(20).start(prompt, {
    durable: false,
    sent,
    signal,
  })) {
    if (typeof piece === 'string') pieces.push(piece);
    else if (piece.type === 'end') end = piece;
  }
  return { pieces, end };
}

describe('the echo model', () => {
  it('says the last message back word by word', async () => {
    const { pieces, end } = await answer(ask('one two  three\n'));
    expect(pieces).toEqual(['one ', 'two  ', 'three\n']);
    expect(end.incompleteReason).toBeUndefined();
    expect(end.usage).toMatchObject({ input_tokens: 3, output_tokens: 3, total_tokens: 6 });
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
    const { pieces, end } = await answer(ask('one two three', { max_output_tokens: 2 }));
    expect(pieces).toEqual(['one ', 'two ']);
    expect(end.incompleteReason).toBe('max_output_tokens');
  });

  it('stops when its signal aborts, also between two words', async () => {
    const controller = new AbortController();
    const slow = { ...ask('one two'), metadata: { tokens_per_second: '0.001' } };
    const pending = answer(slow, 0, controller.signal);
    controller.abort();
    await expect(pending).rejects.toThrow('aborted');
  });

  const refusal = (prompt: Prompt) =>
    answer(prompt).then(
      () => undefined,
      (error: unknown) => error,
    );

  it.each(['0', '-1', 'fast', '1001', ''])('refuses the pace %j', async (pace) => {
    const error = await refusal({ ...ask('one'), metadata: { tokens_per_second: pace } });
    expect(String(error)).toMatch(/tokens_per_second must be a number above 0 and at most 1000/);
  });

  it.each<[string, Parameters]>([
    ['tools', { tools: [{ type: 'function', name: 'f', parameters: {}, strict: true }] }],
    ['tool_choice', { tool_choice: 'required' }],
    ['text', { text: { format: { type: 'json_object' } } }],
    ['stop', { stop: ['x'] }],
    ['prompt', { prompt: { id: 'pmpt_1' } }],
    ['top_logprobs', { top_logprobs: 2 }],
    ['include', { include: ['message.output_text.logprobs'] }],
  ])('refuses %s, which would promise another answer', async (param, parameters) => {
    const error = await refusal(ask('one', parameters));
    expect(error).toMatchObject({ response: { error: { param, code: 'unsupported_parameter' } } });
  });

  it.each<[string, Prompt['input']]>([
    [
      'input[0].content[0].type',
      [{ role: 'user', content: [{ type: 'input_image', detail: 'auto', image_url: 'data:' }] }],
    ],
    ['input[0].type', [{ type: 'function_call_output', call_id: 'a', output: 'b' }]],
  ])('refuses %s that it cannot say', async (param, input) => {
    const error = await refusal({ input, metadata: fast, parameters: {} });
    expect(error).toMatchObject({ response: { error: { param } } });
  });

  it('ignores what could not change an echo', async () => {
    const parameters: Parameters = {
      ...{ temperature: 0.5, top_p: 1, seed: 7, reasoning: { effort: 'low' }, tools: [] },
      ...{ tool_choice: 'auto', text: { verbosity: 'low' }, truncation: 'auto', store: true },
    };
    expect((await answer(ask('one two', parameters))).pieces).toEqual(['one ', 'two']);
  });
});
