import { Agent, type IncomingMessage } from 'node:http';
import { type Clock } from '../clock.js';
import { exchange, type ExchangeContext, type HttpRequest } from './exchange.js';
import { type EventReader } from './event-reader.js';
import { type LoadPlan } from './load-plan.js';
import { type Attempt, type Stream } from './stream.js';

/** What the three HTTP clients share: one connection of their own, and how a request is made. */
export class HttpConnection {
  readonly #context: ExchangeContext;

  constructor(
    private readonly plan: LoadPlan,
    port: number,
    clock: Clock,
  ) {
    const agent = new Agent({ keepAlive: plan.keepAlive, maxSockets: 1 });
    this.#context = { port, agent, clock, idleTimeout: plan.idleTimeout, kept: plan.keepAlive };
  }

  /** The load's request with the placeholders of this stream filled in. */
  request(stream: Stream, headers: Readonly<Record<string, string>>): HttpRequest {
    const { method, path, body } = this.plan;
    const common = {
      method,
      path: fillNumbers(path, stream),
      headers: { ...headers, ...this.plan.headers },
    };
    return body === undefined ? common : { ...common, body: fillNumbers(body, stream) };
  }

  /** One attempt, read by `reader` and appended to the stream's. */
  async attempt(
    stream: Stream,
    request: HttpRequest,
    reader: EventReader,
    signal: AbortSignal,
  ): Promise<Attempt> {
    const listener = {
      head: (response: IncomingMessage) => {
        stream.connected = true;
        reader.begin(response);
      },
      data: (chunk: Buffer) => reader.read(chunk),
    };
    const attempt = await exchange(request, this.#context, listener, signal);
    stream.connected = false;
    // Without an answer to read, what the one before it said still holds.
    const good = attempt.status !== undefined && attempt.status < 300;
    if (good) endAnswer(reader, attempt);
    stream.attempts.push(attempt);
    return attempt;
  }

  close(): void {
    this.#context.closed = true;
    this.#context.agent.destroy();
  }
}

function endAnswer(reader: EventReader, attempt: Attempt): void {
  const { ending, endedAt, lastByteAt = endedAt } = attempt;
  reader.end(ending, endedAt - lastByteAt);
  if (reader.told !== undefined) attempt.told = reader.told;
  if (reader.askedBack) attempt.askedBack = true;
}

/** Replaces `{client}` and `{stream}` by their numbers. */
export function fillNumbers(text: string, stream: Pick<Stream, 'client' | 'id'>): string {
  return text
    .replaceAll('{client}', String(stream.client))
    .replaceAll('{stream}', String(stream.id));
}
