import { type Client } from './client.js';
import { EventReader } from './event-reader.js';
import { type HttpConnection } from './http-connection.js';
import { type Recognition } from './recognition.js';
import { type Stream } from './stream.js';

/** Plain requests, one after another on one connection. */
export class JsonClient implements Client {
  constructor(
    private readonly connection: HttpConnection,
    private readonly recognition: Recognition,
  ) {}

  async run(stream: Stream, signal: AbortSignal): Promise<void> {
    const reader = new EventReader(stream, this.recognition);
    const request = this.connection.request(stream, { Accept: 'application/json' });
    await this.connection.attempt(stream, request, reader, signal);
  }

  close(): void {
    this.connection.close();
  }
}
