import type OpenAI from 'openai';
import type { Model, ModelEnd, ModelStart, Prompt } from './model.js';
import { brokenOff, refuseToContinue, upstreamError } from './upstream-error.js';

type Chunk = OpenAI.Chat.Completions.ChatCompletionChunk;
type ChatMessage = OpenAI.Chat.Completions.ChatCompletionMessageParam;

/** A model behind an OpenAI-compatible upstream that has only `POST /chat/completions`. */
export class ChatUpstream implements Model {
  constructor(
    readonly name: string,
    private readonly client: OpenAI,
  ) {}

  async start(prompt: Prompt, { position, signal }: ModelStart) {
    if (position > 0) throw refuseToContinue();
    const { maxOutputTokens, temperature, topP } = prompt;
    const chunks = await this.client.chat.completions
      .create(
        {
          model: this.name,
          messages: messagesOf(prompt),
          stream: true,
          stream_options: { include_usage: true },
          // Deprecated at OpenAI, but the name that every compatible upstream knows.
          ...(maxOutputTokens !== undefined && { max_tokens: maxOutputTokens }),
          ...(temperature !== undefined && { temperature }),
          ...(topP !== undefined && { top_p: topP }),
        },
        { signal },
      )
      .catch((error: unknown) => {
        throw upstreamError(error);
      });
    return pieces(chunks);
  }
}

function messagesOf({ instructions, messages }: Prompt): ChatMessage[] {
  const asked = messages.map(({ role, text }): ChatMessage => {
    return { role: role === 'developer' ? 'system' : role, content: text };
  });
  return instructions === undefined ? asked : [{ role: 'system', content: instructions }, ...asked];
}

async function* pieces(
  chunks: AsyncIterable<Chunk>,
): AsyncGenerator<string | ModelEnd, void, undefined> {
  let finish: string | null = null;
  let usage: Chunk['usage'];
  for await (const chunk of chunks) {
    const [choice] = chunk.choices;
    if (choice?.delta.content) yield choice.delta.content;
    finish = choice?.finish_reason ?? finish;
    usage = chunk.usage ?? usage;
  }
  if (finish === null) throw brokenOff();
  const reason = finish === 'length' ? 'max_output_tokens' : finish;
  yield {
    ...(usage && {
      usage: { inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens },
    }),
    ...((finish === 'length' || finish === 'content_filter') && { incompleteReason: reason }),
  };
}
