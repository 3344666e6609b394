import { once } from 'node:events';
import type { NextFunction, Request, Response } from 'express';
import { type KeyedStreams } from 'nestjs-drain-resume';

/** The producer of a stream that is written from outside. */
class WrittenStream {
  readonly #waiting: { chunk: Buffer | undefined; logged: (isLogged: boolean) => void }[] = [];
  #wake = (): void => undefined;

  constructor(readonly contentType: string) {}

  /** Resolves when it is logged: only then the source is asked on. False if it is too large. */
  write(chunk: Buffer | undefined): Promise<boolean> {
    return new Promise((logged) => {
      this.#waiting.push({ chunk, logged });
      this.#wake();
    });
  }

  async *chunks(): AsyncGenerator<Buffer> {
    for (;;) {
      const next = this.#waiting.shift();
      if (!next) await new Promise<void>((resolve) => (this.#wake = resolve));
      else if (next.chunk) {
        let isLogged = false;
        try {
          yield next.chunk;
          isLogged = true;
        } finally {
          next.logged(isLogged);
        }
      } else return next.logged(true);
    }
  }
}

/** PUT and POST for the tests of the readers, on top of `KeyedStreams.run`. What the suite asks of writers, it does not check. */
export class StreamWrites {
  readonly #streams = new Map<string, WrittenStream>();
  /** Set when the application is there. */
  keyed!: KeyedStreams;
  url!: string;

  readonly contentTypeOf = (key: string): string =>
    this.#streams.get(key)?.contentType ?? 'text/plain';

  readonly middleware = (request: Request, response: Response, next: NextFunction): void => {
    const { method } = request;
    if (method !== 'PUT' && method !== 'POST') return next();
    this.#answer(request, response).catch(next);
  };

  async #answer(request: Request, response: Response): Promise<void> {
    const key = decodeURIComponent(request.path.slice(1));
    const body = await bodyOf(request);
    const isNew = request.method === 'PUT' && !this.#streams.has(key);
    if (isNew) await this.#create(key, request.headers['content-type']);
    const stream = this.#streams.get(key);
    if (!stream) return void response.sendStatus(404);
    for (const chunk of chunksOf(body, stream.contentType)) {
      if (!(await stream.write(chunk))) return void response.sendStatus(413);
    }
    if (request.headers['stream-closed'] === 'true') await this.#close(key, stream);
    const head = await fetch(`${this.url}/${key}`, { method: 'HEAD' });
    const next = { 'Stream-Next-Offset': head.headers.get('Stream-Next-Offset')! };
    response.writeHead(isNew ? 201 : 204, { ...next, 'X-Content-Type-Options': 'nosniff' }).end();
  }

  async #create(key: string, contentType = 'application/octet-stream'): Promise<void> {
    const stream = new WrittenStream(contentType);
    this.#streams.set(key, stream);
    await this.keyed.run(key, () => stream.chunks());
  }

  async #close(key: string, stream: WrittenStream): Promise<void> {
    await stream.write(undefined);
    const pages = this.keyed.log(key).pages({ after: -1, epoch: undefined }, never);
    for await (const { isEnd } of pages) if (isEnd) return;
  }
}

const never = new AbortController().signal;

async function bodyOf(request: Request): Promise<Buffer> {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  await once(request, 'end');
  return Buffer.concat(parts);
}

/** A message of JSON is a chunk; an array holds several. */
function chunksOf(body: Buffer, contentType: string): Buffer[] {
  if (body.length === 0) return [];
  if (!contentType.startsWith('application/json')) return [body];
  const messages = [JSON.parse(body.toString()) as unknown].flat();
  return messages.map((message) => Buffer.from(JSON.stringify(message)));
}
