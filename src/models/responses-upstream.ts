import type OpenAI from 'openai';
import type { ResponseStreamEvent } from 'openai/resources/responses/responses';
import type { Model, ModelEnd, ModelStart, Prompt } from './model.js';
import { brokenOff, refuseToContinue, upstreamError } from './upstream-error.js';

/** A model behind `POST /responses` of an OpenAI-compatible upstream. */
export class ResponsesUpstream implements Model {
  constructor(
    readonly name: string,
    private readonly client: OpenAI,
  ) {}

  async start(prompt: Prompt, { position, signal }: ModelStart) {
    if (position > 0) throw refuseToContinue();
    const { instructions, maxOutputTokens, temperature, topP } = prompt;
    const events = await this.client.responses
      .create(
        {
          model: this.name,
          input: prompt.messages.map(({ role, text }) => ({ role, content: text })),
          stream: true,
          store: false,
          ...(instructions !== undefined && { instructions }),
          ...(maxOutputTokens !== undefined && { max_output_tokens: maxOutputTokens }),
          ...(temperature !== undefined && { temperature }),
          ...(topP !== undefined && { top_p: topP }),
        },
        { signal },
      )
      .catch((error: unknown) => {
        throw upstreamError(error);
      });
    return pieces(events);
  }
}

async function* pieces(
  events: AsyncIterable<ResponseStreamEvent>,
): AsyncGenerator<string | ModelEnd, void, undefined> {
  for await (const event of events) {
    switch (event.type) {
      case 'response.output_text.delta':
      case 'response.refusal.delta':
        yield event.delta;
        break;
      case 'response.completed':
      case 'response.incomplete':
        yield endOf(event.response);
        return;
      case 'response.failed':
        throw new Error(`The upstream failed: ${event.response.error?.message}`);
      case 'error':
        throw new Error(`The upstream failed: ${event.message}`);
    }
  }
  throw brokenOff();
}

function endOf({ usage, incomplete_details }: OpenAI.Responses.Response): ModelEnd {
  return {
    ...(usage && { usage: { inputTokens: usage.input_tokens, outputTokens: usage.output_tokens } }),
    ...(incomplete_details?.reason && { incompleteReason: incomplete_details.reason }),
  };
}
