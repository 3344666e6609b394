import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { messageBegins, messageEnds, wordOf } from './upstream-events.js';

const pause = 60;

/** An answer that goes on whether anybody reads it or not. */
class Answer {
  readonly events: object[];
  readonly readers = new Set<ServerResponse>();
  cancelled = false;

  constructor(
    readonly id: string,
    words: readonly string[],
  ) {
    this.events = [{ type: 'response.created', response: { id } }, ...messageBegins()];
    const left = [...words.map(wordOf), ...messageEnds(words.join(''))];
    const timer = setInterval(() => {
      const next = left.shift();
      this.#say(next ?? { type: 'response.completed', response: {} });
      if (!next) clearInterval(timer);
    }, pause).unref();
  }

  read(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of this.events) write(response, event);
    if (this.#isOver) response.end();
    else this.readers.add(response);
  }

  #say(event: object): void {
    this.events.push(event);
    for (const reader of this.readers) {
      write(reader, event);
      if (this.#isOver) reader.end();
    }
  }

  get #isOver(): boolean {
    return (this.events.at(-1) as { type: string }).type === 'response.completed';
  }
}

function write(response: ServerResponse, event: object): void {
  response.write(`data: ${JSON.stringify(event)}\n\n`);
}

export interface BackgroundUpstream {
  readonly url: string;
  readonly answers: readonly Answer[];
  stop(): Promise<void>;
}

/**
 * A local server that says the words of the input back and whose Responses API keeps background responses. Every
 * answer has words of its own, as a model would sample them.
 */
export async function startBackgroundUpstream(): Promise<BackgroundUpstream> {
  const answers: Answer[] = [];
  const server = createServer((request, response) => {
    const [, id, action] = /^\/v1\/responses\/(\w+)(\/cancel)?/.exec(request.url ?? '') ?? [];
    const known = answers.find((answer) => answer.id === id);
    if (known && action) {
      known.cancelled = true;
      response.end('{}');
    } else if (known) known.read(response);
    else {
      void json(request).then((body) => {
        const { input } = body as { input: { content: string }[] };
        const words = input.at(-1)!.content.split(' ');
        const sample = answers.length + 1;
        answers.push(
          new Answer(
            `up_${sample}`,
            words.map((word) => `${word}.${sample} `),
          ),
        );
        answers.at(-1)!.read(response);
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    answers,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
