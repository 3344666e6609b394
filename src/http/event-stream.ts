import { ReadableStream } from 'node:stream/web';

export interface NumberedEvent {
  readonly type: string;
  readonly sequence_number: number;
}

/**
 * Answers with server-sent events: `event` is the type, `id` the sequence number, `data` the whole
 * event. It reads `events` no faster than the client does, and lets go of them when the client leaves.
 */
export function eventStream(
  events: AsyncIterable<NumberedEvent>,
  headers: Record<string, string>,
): Response {
  const body = ReadableStream.from(encode(events));
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      // Asks nginx not to hold words back until its buffer is full.
      'x-accel-buffering': 'no',
      ...headers,
    },
  });
}

async function* encode(events: AsyncIterable<NumberedEvent>): AsyncGenerator<Uint8Array> {
  for await (const event of events) {
    const { type, sequence_number } = event;
    yield Buffer.from(`event: ${type}\nid: ${sequence_number}\ndata: ${JSON.stringify(event)}\n\n`);
  }
}
