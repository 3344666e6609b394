import { type Client } from './client.js';
import { EventReader } from './event-reader.js';
import { type HttpConnection } from './http-connection.js';
import { type Stream } from './stream.js';

/** Plain requests: an answer is complete when its body is, and holds `expected` if that is given. */
export class JsonClient implements Client {
  constructor(
    private readonly connection: HttpConnection,
    private readonly expected?: string,
  ) {}

  async run(stream: Stream, signal: AbortSignal): Promise<void> {
    let body = '';
    const reader = new EventReader(stream, {
      complete: ({ data }) => {
        body += data;
        return false;
      },
      farewell: () => false,
    });
    const request = this.connection.request(stream, { Accept: 'application/json' });
    const attempt = await this.connection.attempt(stream, request, reader, signal);
    if (attempt.ending === 'clean' && body.includes(this.expected ?? '')) {
      stream.terminal = 'end of the body';
    }
  }

  close(): void {
    this.connection.close();
  }
}
