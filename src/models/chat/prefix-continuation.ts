import type OpenAI from 'openai';
import type {
  ChatCompletionChunk,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions/completions';
import type { ModelAnswer, ModelEnd, ModelPiece } from '../model.js';
import { refuseToContinue } from '../upstream-error.js';
import { chatPieces } from './chat-answer.js';
import type { ChatRequest } from './chat-request.js';
import { probe } from './continuation-probe.js';
import { afterSeam, seamOf } from './seam.js';

/** How an upstream is told that the last message is the unfinished answer. */
export type ContinuationManner = 'vllm' | 'prefix';

/** What was sent of an answer that is a text. */
export interface Unfinished {
  readonly text: string;
  readonly deltas: number;
}

interface Spent extends Unfinished {
  readonly said: string;
  /** The tokens of the prompt alone. */
  readonly asked: Promise<number | undefined>;
}

type Pieces = AsyncIterable<ModelPiece | ModelEnd>;
type Answer = AsyncGenerator<ModelPiece | ModelEnd, void, undefined>;

/** No client repeats these requests: the caller sent its own long ago. */
const RETRIES = 2;

/** How long the probe may take, in milliseconds. */
const PROBE_TIMEOUT = 10_000;

/**
 * Lets an upstream go on with an answer that another process began: the text so far is sent as the unfinished message
 * of the assistant. The last word is said again, so that no token is cut. If the model says another word there, because
 * it samples, it is asked once more with the whole text.
 */
export class PrefixContinuation {
  #proof: Promise<void> | undefined;

  constructor(
    private readonly client: OpenAI,
    private readonly manner: ContinuationManner,
  ) {}

  /**
   * Asks the upstream once whether it goes on with half an answer.
   * @throws ContinuationIgnoredError if it does not
   * @throws Error if it cannot be asked. The next call asks again.
   */
  prove(model: string): Promise<void> {
    const prove = async () => {
      const signal = AbortSignal.timeout(PROBE_TIMEOUT);
      try {
        await probe(model, (request, said) => this.ask(request, said, signal));
      } catch (error) {
        this.#proof = undefined;
        throw signal.aborted ? new Error(`It did not answer in ${PROBE_TIMEOUT} ms.`) : error;
      }
    };
    this.#proof ??= prove();
    return this.#proof;
  }

  /** @throws Error if the upstream cannot be asked */
  async start(
    request: ChatRequest,
    unfinished: Unfinished,
    signal: AbortSignal,
  ): Promise<ModelAnswer> {
    const { prefix, again } = seamOf(unfinished.text);
    const asked = this.#count(request, '', signal);
    const goOn = async (said: string, repeated: string) => {
      const spent = await this.#spent(request, { ...unfinished, said, asked }, signal);
      const limited = shrink(request, spent);
      if (limited === undefined) return spentAll(asked, spent);
      const rest = await afterSeam(await this.ask(limited, said, signal), repeated);
      return rest && addUp(rest, asked);
    };
    return (await goOn(prefix, again)) ?? (await goOn(unfinished.text, ''))!;
  }

  /** Asks for what follows `said`. */
  async ask(request: ChatRequest, said: string, signal: AbortSignal): Promise<Pieces> {
    const chunks = await this.client.chat.completions.create(this.#with(request, said), {
      signal,
      maxRetries: RETRIES,
    });
    return chatPieces(chunks as AsyncIterable<ChatCompletionChunk>);
  }

  #with(request: ChatRequest, said: string): ChatRequest {
    if (said === '') return request;
    const last = {
      role: 'assistant',
      content: said,
      ...(this.manner === 'prefix' && { prefix: true }),
    };
    // Neither is in OpenAI's API, so the client has no types for them.
    const flags = { continue_final_message: true, add_generation_prompt: false };
    return {
      ...request,
      ...(this.manner === 'vllm' && flags),
      messages: [...request.messages, last as ChatCompletionMessageParam],
    };
  }

  /** How many tokens of the limit the upstream has said with `said`. Asked only if there is a limit. */
  async #spent(request: ChatRequest, sent: Spent, signal: AbortSignal): Promise<number> {
    const { text, deltas, said, asked } = sent;
    if (request.max_tokens == null || said === '') return 0;
    const [whole, prompt] = await Promise.all([this.#count(request, said, signal), asked]);
    if (whole !== undefined && prompt !== undefined) return whole - prompt;
    // A server that does not count. It said each delta with one token at least.
    return Math.floor((deltas * said.length) / text.length);
  }

  /** The tokens that the upstream reads for this: it says one more, and its usage tells. */
  async #count(
    request: ChatRequest,
    said: string,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const { stream_options, ...counting } = this.#with(request, said);
    void stream_options;
    try {
      const { usage } = await this.client.chat.completions.create(
        { ...counting, max_tokens: 1, stream: false },
        { signal, maxRetries: RETRIES },
      );
      return usage?.prompt_tokens;
    } catch {
      return undefined;
    }
  }
}

/** Undefined if nothing of the limit is left. */
function shrink(request: ChatRequest, spent: number): ChatRequest | undefined {
  if (request.max_tokens == null) return request;
  const max_tokens = request.max_tokens - spent;
  return max_tokens > 0 ? { ...request, max_tokens } : undefined;
}

/** The tokens of both halves; no usage if the upstream did not count the prompt. */
async function* addUp(rest: Pieces, asked: Promise<number | undefined>): Answer {
  for await (const piece of rest) {
    if (typeof piece === 'string' || piece.type !== 'end') {
      // An upstream that thinks here has begun another answer.
      if (typeof piece === 'object' && piece.type === 'reasoning') throw brokenContinuation();
      yield piece;
      continue;
    }
    const { usage, ...end } = piece;
    const prompt = await asked;
    if (!usage || prompt === undefined) yield end;
    // What the upstream read of the answer, it had said before.
    else yield { ...end, usage: total(prompt, usage.total_tokens - prompt) };
  }
}

async function* spentAll(asked: Promise<number | undefined>, spent: number): Answer {
  const prompt = await asked;
  const usage = prompt === undefined ? undefined : total(prompt, spent);
  yield { type: 'end', incompleteReason: 'max_output_tokens', usage };
}

function brokenContinuation(): Error {
  return refuseToContinue('the upstream began to reason instead');
}

function total(input_tokens: number, output_tokens: number) {
  return { input_tokens, output_tokens, total_tokens: input_tokens + output_tokens };
}
