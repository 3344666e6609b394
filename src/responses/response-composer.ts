import type { ResponseError, ResponseOutputItem } from 'openai/resources/responses/responses';
import type { ModelPiece, Sent, Usage } from '../models/model.js';
import { ItemWriter, type NewEvent } from './item-writer.js';
import type { ResponseBody, ResponseEvent } from './response-event.js';
import { ResponseOutput } from './response-output.js';

/** How a response ended. `reason` and `message` are told to the caller. */
export type CancelSubject =
  | { readonly status: 'completed'; readonly usage?: Usage | undefined }
  | {
      readonly status: 'incomplete';
      readonly reason: string;
      readonly usage?: Usage | undefined;
    }
  | { readonly status: 'cancelled' }
  | {
      readonly status: 'failed';
      readonly message: string;
      /** `server_error` unless given. */
      readonly code?: ResponseError['code'];
    };

/** Turns what a model says into OpenAI's sequence of events. Pure: no clock, no randomness, no I/O. */
export class ResponseComposer {
  #next: number;
  #ending: CancelSubject | undefined;
  readonly #output = new ResponseOutput();
  readonly #writer: ItemWriter;

  /** @param logged what earlier producers have sent: the next event follows from it */
  constructor(
    private readonly head: ResponseBody,
    logged: readonly ResponseEvent[] = [],
  ) {
    this.#next = logged.length;
    this.#writer = new ItemWriter(this.#output, head.id);
    for (const event of logged) if (!('response' in event)) this.#output.apply(event);
  }

  get ended(): boolean {
    return this.#ending !== undefined;
  }

  /** What was sent of the model's answer. */
  get sent(): Sent {
    return this.#output.sent;
  }

  /** Settles how the response ends. The first ending stands; later ones change nothing. */
  end(ending: CancelSubject): void {
    this.#ending ??= ending;
  }

  /** The whole response as it stands now. */
  get response(): ResponseBody {
    const ending = this.#ending;
    if (ending === undefined) return { ...this.head, output: structuredClone(this.#output.items) };
    const { status } = ending;
    const isWhole = status === 'completed';
    const body = { ...this.head, status, output: this.#settled(isWhole) };
    if (status === 'failed') {
      const { code = 'server_error', message } = ending;
      return { ...body, error: { code, message } };
    }
    if (status === 'cancelled') return body;
    const finished = { ...body, ...(ending.usage && { usage: ending.usage }) };
    return isWhole ? finished : { ...finished, incomplete_details: { reason: ending.reason } };
  }

  /** The events that open a response, without those that were sent. */
  opening(): ResponseEvent[] {
    const opening = [
      { type: 'response.created', response: this.head },
      { type: 'response.in_progress', response: this.head },
    ] as const;
    return opening.slice(this.#next).map((event) => this.#number(event));
  }

  /** The events that tell a piece of the answer. */
  *take(piece: ModelPiece): Generator<ResponseEvent, void, undefined> {
    const events =
      typeof piece === 'object' && piece.type === 'event'
        ? [piece.event]
        : this.#writer.write(piece);
    for (const event of events) yield this.#apply(event);
  }

  /** The events that close a response that has ended, without those that were sent. The last is the terminal one. */
  *closing(): Generator<ResponseEvent, void, undefined> {
    const status = this.#ending?.status;
    if (status !== 'failed') {
      const events = this.#writer.close(status === 'completed' ? 'completed' : 'incomplete');
      for (const event of events) yield this.#apply(event);
    }
    const { response } = this;
    const type = status === 'completed' || status === 'failed' ? status : 'incomplete';
    yield this.#number({ type: `response.${type}`, response });
  }

  #apply(event: NewEvent): ResponseEvent {
    const numbered = { ...event, sequence_number: this.#next };
    this.#output.apply(numbered);
    this.#next += 1;
    return numbered;
  }

  #number<Event extends object>(event: Event): Event & { sequence_number: number } {
    return { ...event, sequence_number: this.#next++ };
  }

  /** The items as they stay: what is open when a response ends stays as whole as the response is. */
  #settled(isWhole: boolean): ResponseOutputItem[] {
    const items = structuredClone(this.#output.items);
    for (const { index } of this.#output.open) {
      const item = items[index]!;
      if (item.type === 'message' || item.type === 'reasoning' || item.type === 'function_call') {
        item.status = isWhole ? 'completed' : 'incomplete';
      }
    }
    return items;
  }
}
