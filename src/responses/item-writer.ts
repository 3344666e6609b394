import type {
  ResponseOutputItem,
  ResponseOutputMessage,
} from 'openai/resources/responses/responses';
import type { Logprobs, ModelPiece, OutputEvent } from '../models/model.js';
import type { OpenItem, ResponseOutput } from './response-output.js';

type WithoutNumber<Event> = Event extends unknown ? Omit<Event, 'sequence_number'> : never;

/** An event that the composer has still to number. */
export type NewEvent = WithoutNumber<OutputEvent>;

type Events = Generator<NewEvent, void, undefined>;
type Kind = 'output_text' | 'refusal' | 'reasoning_text';

/** Where a delta belongs. */
interface Place {
  readonly item_id: string;
  readonly output_index: number;
}

/**
 * Writes the events of a model that says only pieces: it opens the items and closes them. What is open, the output
 * says, so it makes no difference which process has opened it. Each event has to be applied before the next is asked for.
 */
export class ItemWriter {
  /** @param id of the first message; further items are numbered */
  constructor(
    private readonly output: ResponseOutput,
    private readonly id: string,
  ) {}

  *write(piece: Exclude<ModelPiece, { type: 'event' }>): Events {
    if (typeof piece === 'string') yield* this.#text(piece, []);
    else if (piece.type === 'text') yield* this.#text(piece.text, piece.logprobs);
    else if (piece.type === 'message') yield* this.#openPart('output_text');
    else if (piece.type === 'call') yield* this.#call(piece.name, piece.callId);
    else if (piece.type === 'arguments') yield* this.#arguments(piece.text);
    else yield* this.#other(piece.type, piece.text);
  }

  /** Ends every item that is open. A whole answer that says nothing is an empty message. */
  *close(status: 'completed' | 'incomplete'): Events {
    const isEmpty = this.output.items.length === 0;
    if (status === 'completed' && isEmpty) yield* this.#openPart('output_text');
    yield* this.#closeItems(status);
  }

  /** A call whose arguments are not whole is not done: no client must act on it. */
  *#closeItems(status: 'completed' | 'incomplete'): Events {
    for (const open of this.output.open) {
      const { type } = open.item;
      if (type === 'function_call' && status === 'completed') yield* callDone(open);
      else if (type === 'message' || type === 'reasoning') yield* this.#closeItem(open, status);
    }
  }

  *#text(delta: string, logprobs: Logprobs): Events {
    yield* this.#openPart('output_text');
    const place = this.#place();
    yield { type: 'response.output_text.delta', ...place, delta, logprobs };
  }

  *#other(kind: 'refusal' | 'reasoning', delta: string): Events {
    const part = kind === 'reasoning' ? 'reasoning_text' : kind;
    yield* this.#openPart(part);
    yield { type: `response.${part}.delta`, ...this.#place(), delta };
  }

  *#call(name: string, callId: string | undefined): Events {
    yield* this.#closeItems('completed');
    const index = this.output.items.length;
    const call_id = callId || this.#newId('call', index);
    yield this.#added({
      ...{ type: 'function_call', id: this.#newId('fc', index), call_id, name },
      ...{ arguments: '', status: 'in_progress' },
    });
  }

  *#arguments(delta: string): Events {
    const { index, item } = this.output.open.at(-1)!;
    yield {
      ...{ type: 'response.function_call_arguments.delta', item_id: item.id!, output_index: index },
      delta,
    };
  }

  /** Nothing if it is open already. */
  *#openPart(kind: Kind): Events {
    const type = kind === 'reasoning_text' ? 'reasoning' : 'message';
    const last = this.output.open.at(-1);
    const parts = last && partsOf(last.item);
    if (last?.item.type === type && last.part && !last.isSaid && parts?.at(-1)?.type === kind)
      return;
    const isFresh = last?.item.type === type && parts?.length === 0;
    if (!isFresh) {
      yield* this.#closeItems('completed');
      yield this.#added(this.#newItem(type));
    }
    yield { type: 'response.content_part.added', ...this.#place(), part: partOf(kind, '', []) };
  }

  *#closeItem(open: OpenItem, status: 'completed' | 'incomplete'): Events {
    const { index: output_index } = open;
    if (partsOf(open.item).length === 0 && open.item.type === 'message') {
      yield* this.#openPart('output_text');
    }
    const { part, isSaid, item } = this.output.open.find(({ index }) => index === output_index)!;
    if (part) {
      const place = { item_id: item.id!, output_index, content_index: part.index };
      const said = partsOf(item)[part.index]!;
      if (!isSaid) yield textDone(said, place, part.logprobs);
      const whole = partOf(said.type, textOf(said), part.logprobs, said);
      yield { type: 'response.content_part.done', ...place, part: whole };
    }
    const done = { ...structuredClone(this.output.items[output_index]!), status };
    yield { type: 'response.output_item.done', output_index, item: done as ResponseOutputItem };
  }

  #added(item: ResponseOutputItem): NewEvent {
    return { type: 'response.output_item.added', output_index: this.output.items.length, item };
  }

  #newItem(type: 'message' | 'reasoning'): ResponseOutputItem {
    const index = this.output.items.length;
    const status = 'in_progress';
    return type === 'message'
      ? { type, id: this.#newId('msg', index), role: 'assistant', status, content: [] }
      : { type, id: this.#newId('rs', index), summary: [], content: [], status };
  }

  /** Of the last part of the last item. */
  #place(): Place & { content_index: number } {
    const { index, item } = this.output.open.at(-1)!;
    const content_index = this.output.open.at(-1)!.part?.index ?? partsOf(item).length;
    return { item_id: item.id!, output_index: index, content_index };
  }

  #newId(prefix: string, index: number): string {
    const id = this.id.replace(/^resp/, prefix);
    return index === 0 ? id : `${id}_${index}`;
  }
}

type Part = ResponseOutputMessage['content'][number] | { type: 'reasoning_text'; text: string };

function partsOf(item: ResponseOutputItem): readonly Part[] {
  if (item.type === 'message') return item.content;
  return item.type === 'reasoning' ? (item.content ?? []) : [];
}

function textOf(part: Part): string {
  return part.type === 'refusal' ? part.refusal : part.text;
}

/** @param known the part as it stands, for what else it has, as annotations */
function partOf(kind: Kind, text: string, logprobs: Logprobs, known?: Part): Part {
  if (kind === 'refusal') return { type: kind, refusal: text };
  if (kind === 'reasoning_text') return { type: kind, text };
  return { annotations: [], ...known, type: kind, text, logprobs };
}

function textDone(
  part: Part,
  place: Place & { content_index: number },
  logprobs: Logprobs,
): NewEvent {
  const text = textOf(part);
  switch (part.type) {
    case 'refusal':
      return { type: 'response.refusal.done', ...place, refusal: text };
    case 'reasoning_text':
      return { type: 'response.reasoning_text.done', ...place, text };
    case 'output_text':
      return { type: 'response.output_text.done', ...place, text, logprobs };
  }
}

function* callDone({ index: output_index, item, isSaid }: OpenItem): Events {
  if (item.type !== 'function_call') return;
  const { id, name, arguments: args } = item;
  if (!isSaid) {
    yield {
      ...{ type: 'response.function_call_arguments.done', item_id: id!, output_index },
      ...{ name, arguments: args },
    };
  }
  yield { type: 'response.output_item.done', output_index, item: { ...item, status: 'completed' } };
}
