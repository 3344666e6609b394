import { setTimeout as sleep } from 'node:timers/promises';
import type { ResponseInputItem } from 'openai/resources/responses/responses';
import type { Model, ModelAnswer, ModelPiece, ModelEnd, ModelStart, Prompt } from './model.js';
import { pauseBetweenTokens } from './pace.js';
import { refuseWhatNoEchoHas } from './echo-refusals.js';

/**
 * Says the last message back, word by word, at a steady pace. The same prompt gives the same pieces,
 * so another process can go on at any position.
 */
export class EchoModel implements Model {
  readonly name = 'echo';

  constructor(private readonly tokensPerSecond: number) {}

  async start(prompt: Prompt, options: ModelStart): Promise<ModelAnswer> {
    refuseWhatNoEchoHas(prompt);
    const pause = pauseBetweenTokens(prompt.metadata, this.tokensPerSecond);
    return Promise.resolve(echo(prompt, pause, options));
  }
}

async function* echo(
  { input, parameters }: Prompt,
  pause: number,
  { sent, signal }: ModelStart,
): AsyncGenerator<ModelPiece | ModelEnd, void, undefined> {
  const texts = input.map(textOf);
  const words = wordsOf(texts.at(-1) ?? '');
  const limit = Math.min(words.length, parameters.max_output_tokens ?? Infinity);
  if (sent.output.length === 0) yield { type: 'message' };
  for (const word of words.slice(sent.deltas, limit)) {
    await sleep(pause, undefined, { signal });
    yield word;
  }
  const asked = texts.reduce((sum, text) => sum + wordsOf(text).length, 0);
  yield {
    type: 'end',
    usage: {
      input_tokens: asked,
      // Not invented: an echo has no cache and does not reason.
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: limit,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: asked + limit,
    },
    ...(limit < words.length && { incompleteReason: 'max_output_tokens' }),
  };
}

function textOf(item: ResponseInputItem): string {
  if (!('content' in item) || item.content == null) return '';
  const { content } = item;
  if (typeof content === 'string') return content;
  return content.map((part) => ('text' in part ? part.text : '')).join('');
}

/** Every word with the white space behind it, so that the pieces join to exactly the text. */
function wordsOf(text: string): string[] {
  return text.match(/\S+\s*|^\s+/g) ?? [];
}
