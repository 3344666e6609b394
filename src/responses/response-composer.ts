import type { ResponseOutputMessage } from 'openai/resources/responses/responses';
import type { ModelEnd } from '../models/model.js';
import type { ResponseBody, ResponseEvent } from './response-event.js';

/** How a response ended. `reason` and `message` are told to the caller. */
export type CancelSubject =
  | { readonly status: 'completed'; readonly usage?: ModelEnd['usage'] }
  | {
      readonly status: 'incomplete';
      readonly reason: string;
      readonly usage?: ModelEnd['usage'];
    }
  | { readonly status: 'cancelled' }
  | { readonly status: 'failed'; readonly message: string };

/** What an earlier producer has already sent. */
export interface Continuation {
  /** The number of the next event. */
  readonly next: number;
  readonly deltas: number;
  readonly text: string;
}

type WithoutNumber<Event> = Event extends unknown ? Omit<Event, 'sequence_number'> : never;

/** Where the deltas begin: events 0 to 3 open the response. */
export const FIRST_DELTA = 4;

const PLACE = { output_index: 0, content_index: 0 } as const;

/** Turns the text of a model into OpenAI's sequence of events. Pure: no clock, no randomness, no I/O. */
export class ResponseComposer {
  #next: number;
  #text: string;
  #deltas: number;
  #ending: CancelSubject | undefined;
  readonly #itemId: string;

  constructor(
    private readonly head: ResponseBody,
    continuation: Continuation = { next: 0, deltas: 0, text: '' },
  ) {
    this.#itemId = head.id.replace(/^resp/, 'msg');
    this.#next = continuation.next;
    this.#text = continuation.text;
    this.#deltas = continuation.deltas;
  }

  get ended(): boolean {
    return this.#ending !== undefined;
  }

  /** Settles how the response ends. The first ending stands; later ones change nothing. */
  end(ending: CancelSubject): void {
    this.#ending ??= ending;
  }

  /** The whole response as it stands now. */
  get response(): ResponseBody {
    const ending = this.#ending;
    if (ending === undefined) return { ...this.head, output: this.#output('in_progress') };
    const { status } = ending;
    const body = { ...this.head, status };
    if (status === 'failed') {
      const error = { code: 'server_error', message: ending.message } as const;
      return { ...body, error, output: this.#output('incomplete') };
    }
    if (status === 'cancelled') return { ...body, output: this.#output('incomplete') };
    const finished = { ...body, ...usageOf(ending.usage) };
    if (status === 'completed') return { ...finished, output: this.#output('completed') };
    return {
      ...finished,
      incomplete_details: { reason: ending.reason },
      output: this.#output('incomplete'),
    };
  }

  /** The events that open a response; after a continuation only those that were not sent yet. */
  opening(): ResponseEvent[] {
    const item = this.#item('in_progress', []);
    const part = outputText('');
    const opening: WithoutNumber<ResponseEvent>[] = [
      { type: 'response.created', response: this.head },
      { type: 'response.in_progress', response: this.head },
      { type: 'response.output_item.added', output_index: 0, item },
      { type: 'response.content_part.added', ...PLACE, item_id: this.#itemId, part },
    ];
    return this.#number(opening.slice(this.#next));
  }

  delta(text: string): ResponseEvent {
    this.#text += text;
    this.#deltas += 1;
    const delta = { ...PLACE, item_id: this.#itemId, delta: text, logprobs: [] };
    return this.#number([{ type: 'response.output_text.delta', ...delta }])[0]!;
  }

  /** The events that close a response that has ended, without those that were sent. The last is the terminal one. */
  closing(): ResponseEvent[] {
    const { response } = this;
    if (response.status === 'failed') return this.#number([{ type: 'response.failed', response }]);
    const item = response.output[0]!;
    const part = outputText(this.#text);
    const type = response.status === 'completed' ? 'response.completed' : 'response.incomplete';
    const text = { text: this.#text, logprobs: [] };
    const closing: WithoutNumber<ResponseEvent>[] = [
      { type: 'response.output_text.done', ...PLACE, item_id: this.#itemId, ...text },
      { type: 'response.content_part.done', ...PLACE, item_id: this.#itemId, part },
      { type: 'response.output_item.done', output_index: 0, item },
      { type, response },
    ];
    return this.#number(closing.slice(Math.max(0, this.#next - FIRST_DELTA - this.#deltas)));
  }

  #number(events: WithoutNumber<ResponseEvent>[]): ResponseEvent[] {
    return events.map((event) => ({ ...event, sequence_number: this.#next++ }));
  }

  #output(status: ResponseOutputMessage['status']): ResponseOutputMessage[] {
    return [this.#item(status, [outputText(this.#text)])];
  }

  #item(
    status: ResponseOutputMessage['status'],
    content: ResponseOutputMessage['content'],
  ): ResponseOutputMessage {
    return { type: 'message', id: this.#itemId, role: 'assistant', status, content };
  }
}

function outputText(text: string) {
  return { type: 'output_text' as const, text, annotations: [], logprobs: [] };
}

function usageOf(usage: ModelEnd['usage']): Pick<ResponseBody, 'usage'> {
  if (usage === undefined) return {};
  return {
    usage: {
      input_tokens: usage.inputTokens,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: usage.outputTokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: usage.inputTokens + usage.outputTokens,
    },
  };
}
