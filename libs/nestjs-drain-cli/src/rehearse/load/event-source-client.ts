import { type Clock } from '../clock.js';
import { type Client } from './client.js';
import { EventReader } from './event-reader.js';
import { type HttpConnection } from './http-connection.js';
import { type Recognition } from './recognition.js';
import { type Attempt, type Stream } from './stream.js';

/** The reconnection time until the server names another with `retry:`. */
const defaultRetry = 1000;
const failuresInARow = 10;

/**
 * A browser's EventSource: after a broken or ended connection it waits and comes back with
 * Last-Event-ID; any answer other than 2xx closes it for good, and so does the terminal event.
 */
export class EventSourceClient implements Client {
  constructor(
    private readonly connection: HttpConnection,
    private readonly recognition: Recognition,
    private readonly clock: Clock,
  ) {}

  async run(stream: Stream, signal: AbortSignal): Promise<void> {
    const finished = new AbortController();
    const over = AbortSignal.any([signal, finished.signal]);
    const reader = new EventReader(stream, this.recognition, () => finished.abort());
    let failures = 0;
    while (!over.aborted && failures < failuresInARow) {
      const attempt = await this.connection.attempt(
        stream,
        this.connection.request(stream, headers(reader.lastEventId)),
        reader,
        over,
      );
      if (attempt.ending === 'status') return;
      failures = attempt.ending === 'refused' ? failures + 1 : 0;
      if (over.aborted) return;
      noteLoss(stream, attempt, reader.lastEventId);
      reader.interrupt(attempt);
      await this.clock.sleep(reader.retry ?? defaultRetry, over);
    }
  }

  close(): void {
    this.connection.close();
  }
}

/**
 * A broken stream without ids cannot be continued: what was sent meanwhile is lost. One that ended cleanly
 * may have been whole.
 */
function noteLoss(stream: Stream, { ending, told }: Attempt, lastEventId: string): void {
  if (ending === 'closed' || ending === 'refused') return;
  if (told !== undefined || lastEventId !== '') return;
  const missed = 'whatever was sent until it came back: its events carry no id';
  if (ending === 'clean') stream.anew ??= missed;
  else stream.gap ??= missed;
}

function headers(lastEventId: string): Record<string, string> {
  return {
    Accept: 'text/event-stream',
    'Cache-Control': 'no-cache',
    ...(lastEventId === '' ? {} : { 'Last-Event-ID': lastEventId }),
  };
}
