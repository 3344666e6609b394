import type { ChatCompletionChunk } from 'openai/resources/chat/completions/completions';
import fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import type { ModelEnd, ModelPiece } from '../model.js';
import { chatPieces } from './chat-answer.js';

/** A stream of these deltas that ends as it should. */
async function* chunks(deltas: object[], end: object = {}) {
  for (const delta of deltas) yield await Promise.resolve({ choices: [{ delta }] });
  yield { choices: [{ delta: {}, finish_reason: 'stop', ...end }] };
}

async function read(stream: AsyncIterable<object>) {
  const pieces: (ModelPiece | ModelEnd)[] = [];
  for await (const piece of chatPieces(stream as AsyncIterable<ChatCompletionChunk>)) {
    pieces.push(piece);
  }
  return pieces;
}

describe('a stream of chat completions', () => {
  it('tells reasoning under both names that servers give it, a refusal, and text', async () => {
    const deltas = [
      { reasoning_content: 'Let me ' },
      { reasoning: 'think.' },
      { content: 'Yes.' },
      { refusal: 'No.' },
    ];
    expect(await read(chunks(deltas))).toEqual([
      { type: 'reasoning', text: 'Let me ' },
      { type: 'reasoning', text: 'think.' },
      'Yes.',
      { type: 'refusal', text: 'No.' },
      { type: 'end' },
    ]);
  });

  it('tells calls apart by their index, or by their id where every index is 0', async () => {
    const call = (index: number, id: string | undefined, name: string, args: string) => ({
      tool_calls: [{ index, id, function: { name, arguments: args } }],
    });
    const more = (index: number, args: string) => ({
      tool_calls: [{ index, function: { arguments: args } }],
    });
    const told = [
      { type: 'call', name: 'add', callId: 'a' },
      { type: 'arguments', text: '{' },
      { type: 'arguments', text: '}' },
      { type: 'call', name: 'sub', callId: 'b' },
      { type: 'arguments', text: '[]' },
      { type: 'end' },
    ];
    for (const second of [0, 1]) {
      const deltas = [call(0, 'a', 'add', '{'), more(0, '}'), call(second, 'b', 'sub', '[]')];
      expect(await read(chunks(deltas))).toEqual(told);
    }
  });

  it('never tells half a character, wherever the server cuts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme' }),
        fc.array(fc.nat(40)),
        async (text, cuts) => {
          const places = [0, ...cuts.map((cut) => cut % (text.length + 1)), text.length].sort(
            (a, b) => a - b,
          );
          const deltas = places
            .slice(1)
            .map((end, index) => ({ content: text.slice(places[index], end) }));
          const pieces = (await read(chunks(deltas))).filter((piece) => typeof piece === 'string');
          expect(pieces.join('')).toBe(text);
          for (const piece of pieces)
            expect(piece).not.toMatch(/[\ud800-\udbff]$|^[\udc00-\udfff]/);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('passes logprobs on with their text', async () => {
    const content = [{ token: 'Yes', logprob: -1, bytes: null, top_logprobs: [] }];
    async function* stream() {
      yield await Promise.resolve({
        choices: [{ delta: { content: 'Yes' }, logprobs: { content } }],
      });
      yield { choices: [{ delta: {}, finish_reason: 'stop' }] };
    }
    expect(await read(stream())).toEqual([
      { type: 'text', text: 'Yes', logprobs: content },
      { type: 'end' },
    ]);
  });

  it.each([
    ['length', 'max_output_tokens'],
    ['content_filter', 'content_filter'],
    ['tool_calls', undefined],
  ])('that finishes with %s stops short because of %s', async (finish_reason, reason) => {
    const [end] = await read(chunks([], { finish_reason }));
    expect((end as ModelEnd).incompleteReason).toBe(reason);
  });

  it('gives the usage that the upstream gave, and no details that it did not give', async () => {
    const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
    async function* counted(details: object) {
      yield* chunks([]);
      yield { choices: [], usage: { ...usage, ...details } };
    }
    const told = { input_tokens: 3, output_tokens: 2, total_tokens: 5 };
    expect(await read(counted({}))).toEqual([{ type: 'end', usage: told }]);
    const details = {
      prompt_tokens_details: { cached_tokens: 1 },
      completion_tokens_details: { reasoning_tokens: 1 },
    };
    expect(await read(counted(details))).toEqual([
      {
        type: 'end',
        usage: {
          ...told,
          input_tokens_details: { cached_tokens: 1 },
          output_tokens_details: { reasoning_tokens: 1 },
        },
      },
    ]);
  });

  it('that ends without a reason has broken off', async () => {
    await expect(read(chunks([{ content: 'Ye' }], { finish_reason: null }))).rejects.toThrow(
      'broke off',
    );
  });
});
