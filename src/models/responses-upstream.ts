import type OpenAI from 'openai';
import type {
  ResponseCreateParamsStreaming,
  ResponseError,
  ResponseStreamEvent,
} from 'openai/resources/responses/responses';
import { AnswerFailedError } from './answer-failed-error.js';
import { CancelledByRequest } from './cancelled-by-request.js';
import type { ChatOnlyParameters } from './chat/chat-parameters.js';
import type {
  Model,
  ModelAnswer,
  ModelEnd,
  ModelPiece,
  ModelStart,
  OutputEvent,
  Prompt,
} from './model.js';
import { notSupported } from './refusal.js';
import { brokenOff, refuseToContinue, upstreamError } from './upstream-error.js';

type Events = AsyncIterable<ResponseStreamEvent>;
type Pieces = AsyncGenerator<ModelPiece | ModelEnd, void, undefined>;

/** No client repeats what a continuation asks: the caller sent the request long ago. */
const CONTINUATION_RETRIES = 2;

/** A model behind `POST /responses` of an OpenAI-compatible upstream. Its events are passed on as they are. */
export class ResponsesUpstream implements Model {
  /** @param background whether the upstream keeps background responses and streams them again from their start */
  constructor(
    readonly name: string,
    private readonly client: OpenAI,
    private readonly background = false,
  ) {}

  async start(prompt: Prompt, options: ModelStart): Promise<ModelAnswer> {
    const { sent, durable, token, signal } = options;
    if (token !== undefined) return this.#continue(token, sent.events, signal);
    if (sent.events > 0) throw refuseToContinue('the upstream keeps no answers');
    const background = this.background && durable;
    const events = await this.#create(prompt, background, signal);
    return background ? this.#keep(events, signal) : pieces(events);
  }

  async #create(prompt: Prompt, background: boolean, signal: AbortSignal): Promise<Events> {
    const request = requestOf(this.name, prompt);
    const kept = background ? { background, store: true } : {};
    return this.client.responses.create({ ...request, ...kept }, { signal }).catch(refused);
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
  async #continue(token: string, sent: number, signal: AbortSignal): Promise<ModelAnswer> {
    this.#cancelWith(signal, token);
    const events = await this.client.responses
      .retrieve(token, { stream: true }, { signal, maxRetries: CONTINUATION_RETRIES })
      .catch(refused);
    return Object.assign(skip(pieces(events), sent), { token });
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

/** What `/responses` has not. A list of every such parameter, because the compiler asks for it. */
const chatOnly: Record<keyof ChatOnlyParameters, true> = {
  seed: true,
  stop: true,
  frequency_penalty: true,
  presence_penalty: true,
  logit_bias: true,
};

/** @throws ApiError (400) that names what this API has not. */
function requestOf(model: string, prompt: Prompt): ResponseCreateParamsStreaming {
  const { input, metadata, parameters } = prompt;
  const wrong = Object.keys(parameters).find((name) => name in chatOnly);
  if (wrong !== undefined) {
    throw notSupported(wrong, "the upstream's API, /responses, has none");
  }
  return {
    ...(parameters as Omit<typeof parameters, keyof ChatOnlyParameters>),
    ...(Object.keys(metadata).length > 0 && { metadata }),
    model,
    input: [...input],
    stream: true,
  };
}

function refused(error: unknown): never {
  throw upstreamError(error);
}

async function* skip(answer: Pieces, count: number): Pieces {
  let left = count;
  for await (const piece of answer) {
    if (left === 0 || (typeof piece === 'object' && piece.type === 'end')) yield piece;
    else left -= 1;
  }
  // An answer that is shorter than what was sent of it is another one.
  if (left > 0) throw refuseToContinue('the upstream has another answer now');
}

/** This service says them itself. The last one is not in the client's types. */
const NOT_PASSED_ON: readonly string[] = [
  'response.created',
  'response.queued',
  'response.in_progress',
  'keepalive',
];

async function* pieces(events: Events): Pieces {
  for await (const event of events) {
    if (NOT_PASSED_ON.includes(event.type)) continue;
    switch (event.type) {
      case 'response.completed':
      case 'response.incomplete':
        yield endOf(event.response);
        return;
      case 'response.failed':
        throw failed(event.response.error);
      case 'error':
        throw failed({ code: event.code as ResponseError['code'], message: event.message });
      default:
        yield { type: 'event', event: event as OutputEvent };
    }
  }
  throw brokenOff();
}

/** Codes of the upstream's own failures. All others are about the request. */
const UPSTREAMS_OWN: readonly (string | null)[] = ['server_error', 'vector_store_timeout', null];

function failed(error: ResponseError | null): Error {
  if (error && !UPSTREAMS_OWN.includes(error.code ?? null)) return new AnswerFailedError(error);
  return new Error(`The upstream failed: ${error?.message}`);
}

function endOf({ usage, incomplete_details }: OpenAI.Responses.Response): ModelEnd {
  return {
    type: 'end',
    ...(usage && { usage }),
    ...(incomplete_details?.reason && { incompleteReason: incomplete_details.reason }),
  };
}
