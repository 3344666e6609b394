import type { OutgoingHttpHeaders } from 'node:http';
import type { ChunkLog, ChunkPage } from 'nestjs-drain-resume';
import { contentOf, type Content } from './content.js';
import { nextCursor } from './cursor.js';
import { offsetOf, placeOf } from './offset.js';
import { refusalStatus } from './refusals.js';

export interface ReadQuery {
  readonly method: string;
  readonly query: URLSearchParams;
  readonly ifNoneMatch: string | undefined;
  /** Of the stream. */
  readonly contentType: string;
  /** Milliseconds for which a long poll waits. */
  readonly longPoll: number;
  /** Aborts when the reader has left, or this replica shuts down; `wait` makes that happen after some milliseconds. */
  readonly stop: AbortSignal;
  readonly wait: (delay: number) => void;
}

export interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  /** All of it, or parts as they come. */
  readonly body?: Buffer | string | AsyncIterable<string>;
}

/** The protocol's servers close an event stream after about a minute, and clients come back. In milliseconds. */
const lifetime = 60_000;
const uncached = { 'Cache-Control': 'no-store' };

/** Answers a read of the Durable Streams protocol. @throws what ChunkLog throws. */
export async function answerRead(log: ChunkLog, read: ReadQuery): Promise<Answer> {
  const { query, contentType } = read;
  if (read.method === 'HEAD') {
    const type = { 'Content-Type': contentType };
    return { status: 200, headers: { ...headersOf(await log.tail()), ...type, ...uncached } };
  }
  const [live, offset] = [query.get('live'), query.get('offset')];
  if (live !== null && live !== 'long-poll' && live !== 'sse') {
    return badRequest('`live` is `long-poll` or `sse`.');
  }
  if (live !== null && offset === null) return badRequest('A live read needs an `offset`.');
  if (query.getAll('offset').length > 1) return badRequest('There is more than one `offset`.');
  const place = offset === 'now' ? undefined : placeOf(offset);
  if (!place && offset !== 'now') {
    return badRequest('`offset` is `-1`, `now`, or what `Stream-Next-Offset` said.');
  }
  const page = await (place ? log.page(place) : log.tail());
  if (live === 'sse') return asEvents(log, page, read);
  if (live === 'long-poll') return longPoll(log, page, read);
  if (!place) return whole(page, read, uncached);
  const tag = `"${page.incarnation}:${offsetOf(place)}:${offsetOf(page.place)}:${page.isEnd}"`;
  // What was read to an open end is another answer soon.
  const isFinal = !page.isUpToDate || page.isEnd;
  const caching = isFinal ? 'private, max-age=60, stale-while-revalidate=300' : 'private, no-cache';
  const headers = { ETag: tag, 'Cache-Control': caching };
  const known = read.ifNoneMatch?.split(',').map((one) => one.trim().replace(/^W\//, ''));
  if (known?.includes(tag)) return { status: 304, headers: { ...headersOf(page), ...headers } };
  return whole(page, read, headers);
}

async function longPoll(log: ChunkLog, first: ChunkPage, read: ReadQuery): Promise<Answer> {
  read.wait(read.longPoll);
  const isOver = ({ chunks, isEnd }: ChunkPage): boolean => chunks.length > 0 || isEnd;
  let page = first;
  if (!isOver(page)) {
    for await (const next of log.pages(first.place, read.stop)) {
      page = next;
      if (isOver(page)) break;
    }
  }
  const cursor = nextCursor(read.query.get('cursor'));
  const headers = { 'Stream-Cursor': cursor, ...uncached };
  if (page.chunks.length > 0) return whole(page, read, headers);
  return { status: 204, headers: { ...headersOf(page), ...headers } };
}

function asEvents(log: ChunkLog, first: ChunkPage, read: ReadQuery): Answer {
  const content = contentOf(read.contentType);
  const caching = { 'Cache-Control': 'no-cache' };
  const headers = { 'Content-Type': 'text/event-stream', ...content.eventHeaders, ...caching };
  read.wait(lifetime);
  return { status: 200, headers, body: events(log, first, content, read) };
}

async function* events(
  log: ChunkLog,
  first: ChunkPage,
  content: Content,
  { query, stop }: ReadQuery,
): AsyncGenerator<string, void, undefined> {
  let cursor = nextCursor(query.get('cursor'));
  yield eventsOf(first, content, cursor);
  if (first.isEnd) return;
  try {
    for await (const page of log.pages(first.place, stop)) {
      cursor = nextCursor(null) > cursor ? nextCursor(null) : cursor;
      yield eventsOf(page, content, cursor);
    }
  } catch (error) {
    // Only `streamClosed` ends a stream: the client comes back to its place, and the status of that answer says why.
    if (refusalStatus(error) === undefined) throw error;
  }
}

/** The data of a page, and the place behind it. */
function eventsOf(page: ChunkPage, content: Content, streamCursor: string): string {
  const control = {
    streamNextOffset: offsetOf(page.place),
    ...(page.isEnd ? { streamClosed: true } : { streamCursor }),
    ...(page.isUpToDate && { upToDate: true }),
  };
  const data = page.chunks.length > 0 ? event('data', content.data(page.chunks)) : '';
  return data + event('control', JSON.stringify(control));
}

/** A parser takes one space away behind the colon. */
function event(name: string, data: string): string {
  const lines = data.split(/\r\n|\r|\n/).map((line) => `data:${line.replace(/^ /, '  ')}\n`);
  return `event: ${name}\n${lines.join('')}\n`;
}

function whole(page: ChunkPage, read: ReadQuery, headers: Record<string, string>): Answer {
  const body = contentOf(read.contentType).body(page.chunks);
  const type = { 'Content-Type': read.contentType };
  return { status: 200, headers: { ...headersOf(page), ...type, ...headers }, body };
}

function headersOf(page: ChunkPage): Record<string, string> {
  return {
    'Stream-Next-Offset': offsetOf(page.place),
    ...(page.isUpToDate && { 'Stream-Up-To-Date': 'true' }),
    ...(page.isEnd && { 'Stream-Closed': 'true' }),
  };
}

function badRequest(body: string): Answer {
  return { status: 400, headers: { 'Content-Type': 'text/plain', ...uncached }, body };
}
