/** What a client has of an answer when it says that it is done. */
export interface Reading {
  readonly text: string;
  /** What the client's own interface says about the end, if it is not that of a whole answer. */
  readonly told?: string | undefined;
}

/** A client as its users set it up: with its own defaults for retries. */
export interface Client {
  readonly name: string;
  /** Asks for an answer. Rejects as the client itself does. */
  ask(url: string, input: string): Promise<Reading>;
}

/**
 * `whole`: every word once. `told`: less, and the client's interface says so. `error`: the client throws. `half`: less,
 * without a word, which must never be.
 */
export type Outcome = 'whole' | 'told' | 'error' | 'half';

export async function outcomeOf(client: Client, url: string, input: string): Promise<Outcome> {
  try {
    const { text, told } = await client.ask(url, input);
    if (text === input && told === undefined) return 'whole';
    return told === undefined ? 'half' : 'told';
  } catch {
    return 'error';
  }
}

export interface ResponseLike {
  readonly status?: string | undefined;
  readonly incomplete_details?: { readonly reason?: string | undefined } | null;
}

/** What a response of the API says about its end. A client that hands on no status says nothing. */
export function toldBy({ status, incomplete_details }: ResponseLike): string | undefined {
  const isSilent = status === undefined || status === 'completed';
  return isSilent ? undefined : `${status} (${incomplete_details?.reason})`;
}

/** An event of the API as it travels. */
export interface WireEvent {
  readonly type: string;
  readonly delta?: string;
  readonly response?: ResponseLike;
}

/** What clients do who read the events themselves: a stream that ends without a terminal event is an error. */
export class EventReading {
  #text = '';
  #last: WireEvent | undefined;

  get isOver(): boolean {
    return /^response\.(completed|incomplete|failed)$/.test(this.#last?.type ?? '');
  }

  /** @param data the `data` of a server-sent event */
  take(data: string): void {
    this.#last = JSON.parse(data) as WireEvent;
    if (this.#last.type === 'response.output_text.delta') this.#text += this.#last.delta;
  }

  /** @throws Error for a stream that was cut */
  get reading(): Reading {
    if (!this.isOver) throw new Error('The stream ended without a terminal event.');
    return { text: this.#text, told: toldBy(this.#last?.response ?? {}) };
  }

  /** All `data` lines of a body. */
  static of(body: string): Reading {
    const events = new EventReading();
    for (const [, data] of body.matchAll(/^data: (.+)$/gm)) events.take(data!);
    return events.reading;
  }
}
