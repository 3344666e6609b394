import { Tries, type Client, type Order } from './client.js';

/** What a client has, by which it asks for the rest. */
export interface Progress {
  readonly words: number;
  readonly characters: number;
}

export interface Resumption {
  /** What the address of the rest says. */
  readonly query: string;
  /** Whether the rest comes with everything before it. */
  readonly replays: boolean;
}

/** Status of resumable-stream's README for a stream that is over. */
const isOver = (status: number): boolean => status === 422;

/** Reads an event stream and asks for the rest with GET: what users of the libraries without a client write. */
export function textClient(resumption: (progress: Progress) => Resumption): Client {
  return async function* read({ replicas, id, signal }) {
    const tries = new Tries();
    const had = { words: 0, characters: 0 };
    const url = `${replicas}/answers/${id}`;
    let request = new Request(url, { method: 'POST' });
    let skip = 0;
    for (;;) {
      try {
        const response = await fetch(request, { signal });
        if (isOver(response.status)) return;
        if (!response.ok) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
        for await (const { word, characters } of eventsOf(response)) {
          if (skip-- > 0) continue;
          had.words += 1;
          had.characters += characters;
          tries.progress();
          yield word;
        }
        return;
      } catch (error) {
        await tries.failed(error, signal);
      }
      const { query, replays } = resumption(had);
      skip = replays ? had.words : 0;
      request = new Request(`${url}?${query}`);
    }
  };
}

/** Reads the answer that no library has touched. */
export async function* bareClient({ replicas, signal }: Order): AsyncGenerator<string> {
  const response = await fetch(`${replicas}/bare`, { method: 'POST', signal });
  for await (const { word } of eventsOf(response)) yield word;
}

async function* eventsOf({ body }: Response) {
  let rest = '';
  for await (const text of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const events = (rest + text).split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      const word = /^data: (.*)$/m.exec(event)?.[1];
      if (word !== undefined) yield { word, characters: event.length + 2 };
    }
  }
}
