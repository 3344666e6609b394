import { setTimeout as sleep } from 'node:timers/promises';
import type { Model, ModelAnswer, ModelStart, Prompt } from './model.js';
import { pauseBetweenTokens } from './pace.js';

/**
 * Says the last message back, word by word, at a steady pace. The same prompt gives the same pieces,
 * so another process can go on at any position.
 */
export class EchoModel implements Model {
  readonly name = 'echo';

  constructor(private readonly tokensPerSecond: number) {}

  start(prompt: Prompt, options: ModelStart): Promise<ModelAnswer> {
    const pause = pauseBetweenTokens(prompt.metadata, this.tokensPerSecond);
    return Promise.resolve(echo(prompt, pause, options));
  }
}

async function* echo(prompt: Prompt, pause: number, { position, signal }: ModelStart) {
  const words = wordsOf(prompt.messages.at(-1)?.text ?? '');
  const limit = Math.min(words.length, prompt.maxOutputTokens ?? Infinity);
  for (const word of words.slice(position, limit)) {
    await sleep(pause, undefined, { signal });
    yield word;
  }
  const inputTokens = prompt.messages.reduce((sum, { text }) => sum + wordsOf(text).length, 0);
  yield {
    usage: { inputTokens, outputTokens: limit },
    ...(limit < words.length && { incompleteReason: 'max_output_tokens' }),
  };
}

/** Every word with the white space behind it, so that the pieces join to exactly the text. */
function wordsOf(text: string): string[] {
  return text.match(/\S+\s*|^\s+/g) ?? [];
}
