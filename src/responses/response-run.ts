import { Logger } from '@nestjs/common';
import { CancelledByRequest } from '../models/cancelled-by-request.js';
import type { Model, ModelAnswer, ModelEnd, Prompt } from '../models/model.js';
import { AnswerFailedError } from '../models/answer-failed-error.js';
import { endingOf } from './cancellation.js';
import { ResponseComposer, type CancelSubject } from './response-composer.js';
import type { ResponseBody, ResponseEvent } from './response-event.js';
import { untilAborted } from './until-aborted.js';

const logger = new Logger('Responses');

export interface ResponseRunOptions {
  /** Aborts when no reader wants the rest, or at the deadline of a drain. */
  readonly signal: AbortSignal;
  /** Who asked for it. */
  readonly principal: string;
  /** Called once, in the turn in which it is settled how the response ends. */
  readonly onEnd?: (run: ResponseRun) => void;
  /** What other processes have sent of it; without it the response starts from its first event. */
  readonly continuation?: readonly ResponseEvent[];
}

/** One response from its first event to its last, produced no faster than it is read. */
export class ResponseRun {
  readonly #cancelled = new AbortController();
  readonly #signal: AbortSignal;
  readonly #composer: ResponseComposer;
  /** Undefined when the response ended while the model was still starting. */
  #pieces: ModelAnswer | undefined;

  constructor(
    private readonly head: ResponseBody,
    private readonly options: ResponseRunOptions,
  ) {
    this.#composer = new ResponseComposer(head, options.continuation);
    this.#signal = AbortSignal.any([options.signal, this.#cancelled.signal]);
    const stop = () => this.#end(endingOf(this.#signal.reason));
    if (this.#signal.aborted) stop();
    else this.#signal.addEventListener('abort', stop, { once: true });
  }

  get id(): string {
    return this.head.id;
  }

  get principal(): string {
    return this.options.principal;
  }

  /** By which another process can go on with the answer, if the model gave one. */
  get token(): string | undefined {
    return this.#pieces?.token;
  }

  get metadata(): Readonly<Record<string, string>> {
    return this.head.metadata ?? {};
  }

  /** The whole response as it stands now. */
  get response(): ResponseBody {
    return this.#composer.response;
  }

  /** Ends the response as `cancelled`; once it has ended this changes nothing. */
  cancel(): void {
    this.#cancelled.abort(new CancelledByRequest());
  }

  /**
   * Puts the prompt to the model, unless the response has ended already.
   * @throws whatever the model throws, while the caller can still be told with a status of its own.
   */
  async start(
    model: Model,
    prompt: Prompt,
    { durable = false, token }: { durable?: boolean; token?: string | undefined } = {},
  ): Promise<void> {
    const { sent, ended } = this.#composer;
    if (ended) return;
    try {
      const started = model.start(prompt, { sent, durable, token, signal: this.#signal });
      // Also where a model does not listen: what has not begun is not waited for.
      this.#pieces = await Promise.race([started, aborted(this.#signal)]);
    } catch (error) {
      if (this.#composer.ended) return;
      // A continuation ends as abandoned: its caller has words already.
      if (!this.options.continuation) {
        this.#end({ status: 'failed', message: 'The model did not start.' });
      }
      throw error;
    }
  }

  /** Ends the response as `failed`: its producer is gone, and no other can go on with it. */
  abandon(): void {
    this.#end({
      status: 'failed',
      message: 'The answer was interrupted and cannot be continued. The request can be sent again.',
    });
  }

  /** The events from the first one that was not sent yet to the terminal one. To be read once. */
  async *events(): AsyncGenerator<ResponseEvent, void, undefined> {
    yield* this.#composer.opening();
    try {
      yield* this.#deltas();
    } catch (error) {
      this.#fail(error);
    }
    yield* this.#composer.closing();
  }

  async *#deltas(): AsyncGenerator<ResponseEvent, void, undefined> {
    if (this.#pieces === undefined) return;
    let end: ModelEnd = { type: 'end' };
    for await (const piece of untilAborted(this.#pieces, this.#signal)) {
      if (typeof piece === 'object' && piece.type === 'end') end = piece;
      else yield* this.#composer.take(piece);
    }
    this.#end(naturalEnding(end));
  }

  #fail(error: unknown): void {
    // An aborted model may well throw: that is its way to stop, and no failure.
    if (this.#composer.ended) return;
    logger.error(`Response ${this.id} failed.`, error instanceof Error ? error.stack : error);
    const message = 'The model failed. The request can be sent again.';
    this.#end({
      status: 'failed',
      ...(error instanceof AnswerFailedError ? error.told : { message }),
    });
  }

  #end(ending: CancelSubject): void {
    if (this.#composer.ended) return;
    this.#composer.end(ending);
    this.options.onEnd?.(this);
  }
}

/** Rejects when the signal aborts. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}

function naturalEnding({ incompleteReason: reason, usage }: ModelEnd): CancelSubject {
  const numbers = usage && { usage };
  if (reason === undefined) return { status: 'completed', ...numbers };
  return { status: 'incomplete', reason, ...numbers };
}
