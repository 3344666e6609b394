import type OpenAI from 'openai';
import type { ResponseStreamEvent } from 'openai/resources/responses/responses';
import { CancelledByRequest } from './cancelled-by-request.js';
import type { Model, ModelAnswer, ModelEnd, ModelStart, Prompt } from './model.js';
import { brokenOff, refuseToContinue, upstreamError } from './upstream-error.js';

type Events = AsyncIterable<ResponseStreamEvent>;

/** A model behind `POST /responses` of an OpenAI-compatible upstream. */
export class ResponsesUpstream implements Model {
  /** @param background whether the upstream keeps background responses and streams them again from their start */
  constructor(
    readonly name: string,
    private readonly client: OpenAI,
    private readonly background = false,
  ) {}

  async start(prompt: Prompt, options: ModelStart): Promise<ModelAnswer> {
    const { position, durable, token, signal } = options;
    if (token !== undefined) return this.#continue(token, position, signal);
    if (position > 0) throw refuseToContinue();
    const background = this.background && durable;
    const events = await this.#create(prompt, background, signal);
    return background ? this.#keep(events, signal) : pieces(events);
  }

  async #create(prompt: Prompt, background: boolean, signal: AbortSignal): Promise<Events> {
    const { instructions, maxOutputTokens, temperature, topP } = prompt;
    const created = this.client.responses.create(
      {
        model: this.name,
        input: prompt.messages.map(({ role, text }) => ({ role, content: text })),
        stream: true,
        store: background,
        ...(background && { background }),
        ...(instructions !== undefined && { instructions }),
        ...(maxOutputTokens !== undefined && { max_output_tokens: maxOutputTokens }),
        ...(temperature !== undefined && { temperature }),
        ...(topP !== undefined && { top_p: topP }),
      },
      { signal },
    );
    return created.catch(refused);
  }

  /** The first event names the response, by which any process can ask for it again. */
  async #keep(events: Events, signal: AbortSignal): Promise<ModelAnswer> {
    const iterator = events[Symbol.asyncIterator]();
    const first = await iterator.next();
    if (first.done || first.value.type !== 'response.created') throw brokenOff();
    const token = first.value.response.id;
    this.#cancelWith(signal, token);
    return Object.assign(pieces({ [Symbol.asyncIterator]: () => iterator }), { token });
  }

  /** The same answer from its start: what was sent of it is skipped. */
  async #continue(token: string, position: number, signal: AbortSignal): Promise<ModelAnswer> {
    this.#cancelWith(signal, token);
    const events = await this.client.responses
      .retrieve(token, { stream: true }, { signal })
      .catch(refused);
    return Object.assign(skip(pieces(events), position), { token });
  }

  /** An upstream goes on in the background when we leave; only a cancelled answer has no reader. */
  #cancelWith(signal: AbortSignal, token: string): void {
    const cancel = () => {
      if (!(signal.reason instanceof CancelledByRequest)) return;
      this.client.responses.cancel(token).catch(() => undefined);
    };
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel, { once: true });
  }
}

function refused(error: unknown): never {
  throw upstreamError(error);
}

async function* skip(
  answer: AsyncIterable<string | ModelEnd>,
  count: number,
): AsyncGenerator<string | ModelEnd, void, undefined> {
  let left = count;
  for await (const piece of answer) {
    if (typeof piece !== 'string' || left === 0) yield piece;
    else left -= 1;
  }
  // An answer that is shorter than what was sent of it is another one.
  if (left > 0) throw refuseToContinue();
}

async function* pieces(events: Events): AsyncGenerator<string | ModelEnd, void, undefined> {
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
