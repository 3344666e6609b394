import { accumulateResponse } from 'openai/lib/responses/ResponseAccumulator';
import type { Response, ResponseOutputItem } from 'openai/resources/responses/responses';
import type { Logprobs, OutputEvent, Sent } from '../models/model.js';

/** An item that was added and is not done. */
export interface OpenItem {
  readonly index: number;
  readonly item: ResponseOutputItem;
  /** Its part that is not done. */
  part?: { readonly index: number; readonly logprobs: Logprobs } | undefined;
  /** Whether the text of the part, or the arguments of the call, are told to be all. */
  isSaid: boolean;
}

/** What the events of a response add up to, as the official client adds them up. */
export class ResponseOutput {
  #snapshot = { output: [] as ResponseOutputItem[] } as Response;
  #events = 0;
  #deltas = 0;
  readonly #open = new Map<number, Omit<OpenItem, 'index' | 'item'>>();

  get items(): ResponseOutputItem[] {
    return this.#snapshot.output;
  }

  get sent(): Sent {
    return { events: this.#events, deltas: this.#deltas, output: structuredClone(this.items) };
  }

  /** In the order in which they were added. */
  get open(): OpenItem[] {
    return [...this.#open].map(([index, state]) => {
      return { index, item: this.items[index]!, ...state };
    });
  }

  /** @throws Error if the event does not follow from those before it. */
  apply(event: OutputEvent): void {
    this.#snapshot = accumulateResponse(event, this.#snapshot);
    this.#events += 1;
    this.#note(event);
  }

  #note(event: OutputEvent): void {
    if (!('output_index' in event)) return;
    const open = this.#open.get(event.output_index);
    switch (event.type) {
      case 'response.output_item.added':
        this.#open.set(event.output_index, { isSaid: false });
        break;
      case 'response.output_item.done':
        this.#open.delete(event.output_index);
        break;
      case 'response.content_part.added':
        if (open) open.part = { index: event.content_index, logprobs: [] };
        if (open) open.isSaid = false;
        break;
      case 'response.content_part.done':
        if (open) open.part = undefined;
        break;
      case 'response.output_text.delta':
        this.#deltas += 1;
        open?.part?.logprobs.push(...((event.logprobs ?? []) as Logprobs));
        break;
      case 'response.output_text.done':
      case 'response.refusal.done':
      case 'response.reasoning_text.done':
      case 'response.function_call_arguments.done':
        if (open) open.isSaid = true;
        break;
    }
  }
}
