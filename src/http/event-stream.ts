import { ReadableStream } from 'node:stream/web';

/** One event, and the `id:` by which a client comes back behind it. */
export interface PlacedEvent<Event extends { readonly type: string } = { readonly type: string }> {
  readonly id: string;
  readonly event: Event;
}

const type = 'text/event-stream';

/** Whether the caller asks for events; what its body says goes before that. */
export function acceptsEvents(accept: string | undefined): boolean {
  return accept?.includes(type) === true;
}

/**
 * Answers with server-sent events: `event` is the type, `id` the place, `data` the whole event. It reads `events` no
 * faster than the client does, and lets go of them when the client leaves.
 */
export function eventStream(
  events: AsyncIterable<PlacedEvent>,
  headers: Record<string, string>,
): Response {
  return answerWith(ReadableStream.from(encode(events)), headers);
}

/**
 * Sends an EventSource elsewhere: any other status than 200 would close it for good.
 * @param retryAfter seconds after which it comes back
 */
export function reconnectStream(retryAfter: number): Response {
  return answerWith(`retry: ${Math.ceil(retryAfter * 1000)}\n\n`, {});
}

function answerWith(body: ReadableStream | string, headers: Record<string, string>): Response {
  return new Response(body, {
    headers: {
      'content-type': `${type}; charset=utf-8`,
      'cache-control': 'no-cache, no-transform',
      // Asks nginx not to hold words back until its buffer is full.
      'x-accel-buffering': 'no',
      ...headers,
    },
  });
}

async function* encode(events: AsyncIterable<PlacedEvent>): AsyncGenerator<Uint8Array> {
  for await (const { id, event } of events) {
    yield Buffer.from(`event: ${event.type}\nid: ${id}\ndata: ${JSON.stringify(event)}\n\n`);
  }
}
