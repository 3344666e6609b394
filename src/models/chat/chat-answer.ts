import type { ChatCompletionChunk } from 'openai/resources/chat/completions/completions';
import type { Logprobs, ModelEnd, ModelPiece, Usage } from '../model.js';
import { brokenOff } from '../upstream-error.js';

type Delta = ChatCompletionChunk.Choice.Delta;
type ToolCall = ChatCompletionChunk.Choice.Delta.ToolCall;

/** What a stream of `/chat/completions` says, piece by piece. */
export async function* chatPieces(
  chunks: AsyncIterable<ChatCompletionChunk>,
): AsyncGenerator<ModelPiece | ModelEnd, void, undefined> {
  const text = new WholeCharacters();
  const calls = new Calls();
  let finish: string | null = null;
  let usage: ChatCompletionChunk['usage'];
  for await (const chunk of chunks) {
    const [choice] = chunk.choices;
    if (choice) {
      yield* reasoningOf(choice.delta);
      yield* textOf(text.add(choice.delta.content ?? ''), choice);
      if (choice.delta.refusal) yield { type: 'refusal', text: choice.delta.refusal };
      for (const call of choice.delta.tool_calls ?? []) yield* calls.add(call);
    }
    finish = choice?.finish_reason ?? finish;
    usage = chunk.usage ?? usage;
  }
  if (finish === null) throw brokenOff();
  if (text.rest) yield text.rest;
  yield { type: 'end', ...(usage && { usage: usageOf(usage) }), ...incompleteOf(finish) };
}

function* textOf(text: string, { logprobs }: ChatCompletionChunk.Choice): Generator<ModelPiece> {
  if (!text) return;
  if (!logprobs?.content?.length) yield text;
  else yield { type: 'text', text, logprobs: logprobs.content as Logprobs };
}

/** Not OpenAI's: self-hosted servers stream it under one of these names. */
function* reasoningOf(delta: Delta): Generator<ModelPiece> {
  const { reasoning_content, reasoning } = delta as Record<string, unknown>;
  const text = reasoning_content ?? reasoning;
  if (typeof text === 'string' && text) yield { type: 'reasoning', text };
}

/** A server may cut a character of two UTF-16 units in the middle. Half of one is not sent on. */
class WholeCharacters {
  rest = '';

  add(piece: string): string {
    const text = this.rest + piece;
    const isCut = /[\ud800-\udbff]$/.test(text);
    this.rest = isCut ? text.slice(-1) : '';
    return isCut ? text.slice(0, -1) : text;
  }
}

/** Some servers give all calls the index 0, so a new id begins a call too. */
class Calls {
  #index: number | undefined;
  #id: string | undefined;

  *add({ index, id, function: called }: ToolCall): Generator<ModelPiece> {
    const isNew = index !== this.#index || (id && id !== this.#id);
    if (isNew) {
      [this.#index, this.#id] = [index, id];
      yield { type: 'call', name: called?.name ?? '', callId: id };
    }
    if (called?.arguments) yield { type: 'arguments', text: called.arguments };
  }
}

function incompleteOf(finish: string): Pick<ModelEnd, 'incompleteReason'> {
  if (finish === 'length') return { incompleteReason: 'max_output_tokens' };
  return finish === 'content_filter' ? { incompleteReason: finish } : {};
}

function usageOf(usage: NonNullable<ChatCompletionChunk['usage']>): Usage {
  const { prompt_tokens, completion_tokens, total_tokens } = usage;
  const { cached_tokens, cache_write_tokens } = usage.prompt_tokens_details ?? {};
  const { reasoning_tokens } = usage.completion_tokens_details ?? {};
  const input = given({ cached_tokens, cache_write_tokens });
  const output = given({ reasoning_tokens });
  return {
    input_tokens: prompt_tokens,
    output_tokens: completion_tokens,
    // Some servers leave the sum out.
    total_tokens: total_tokens ?? prompt_tokens + completion_tokens,
    ...(input && { input_tokens_details: input }),
    ...(output && { output_tokens_details: output }),
  };
}

/** Only what the upstream counted, or nothing. */
function given(counts: Record<string, number | undefined>): Record<string, number> | undefined {
  const counted = Object.entries(counts).flatMap(([name, count]) =>
    count === undefined ? [] : [[name, count] as const],
  );
  return counted.length > 0 ? Object.fromEntries(counted) : undefined;
}
