import { type Client } from './client.js';
import { EventReader } from './event-reader.js';
import { type HttpRequest } from './exchange.js';
import { type HttpConnection } from './http-connection.js';
import { type Recognition } from './recognition.js';
import { type Attempt, type Stream } from './stream.js';

const resumeLimit = 5;

/** An SDK that reads one finite answer as a stream, and continues it if the user's module says how. */
export class PostClient implements Client {
  constructor(
    private readonly connection: HttpConnection,
    private readonly recognition: Recognition,
  ) {}

  async run(stream: Stream, signal: AbortSignal): Promise<void> {
    const reader = new EventReader(stream, this.recognition);
    let request: HttpRequest | undefined = this.connection.request(stream, {
      'Content-Type': 'application/json',
      Accept: 'text/event-stream, application/json',
    });
    while (request && stream.attempts.length <= resumeLimit) {
      const attempt = await this.connection.attempt(stream, request, reader, signal);
      request = signal.aborted ? undefined : this.#resume(stream, attempt, reader);
    }
  }

  close(): void {
    this.connection.close();
  }

  #resume(stream: Stream, attempt: Attempt, reader: EventReader): HttpRequest | undefined {
    const whole = stream.terminal !== undefined || attempt.told !== undefined;
    if (whole || attempt.ending === 'status' || !reader.first) return undefined;
    const { first, last } = reader;
    const request = this.recognition.resume?.({ first, ...(last ? { last } : {}) });
    if (!request) return undefined;
    reader.interrupt(attempt);
    return { ...request, headers: request.headers ?? {} };
  }
}
