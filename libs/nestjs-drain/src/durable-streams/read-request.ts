import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CanActivate, Type } from '@nestjs/common';
import type { KeyedStreams } from 'nestjs-drain-resume';
import { rawOf, takeResponse } from '../compat/fastify.js';
import type { Drain } from '../core/drain.js';
import { answerRead, type Answer } from './answer.js';
import { commonHeaders, preflight } from './headers.js';
import { refusalStatus } from './refusals.js';
import { send } from './send.js';
import { Stop } from './stop.js';

export interface DurableStreamsOptions {
  /** The streams are at `<path>/<key>`. */
  path: string;
  /**
   * The content type of the streams. Of `application/json` each chunk is one JSON text; chunks of `text/*` hold whole
   * characters. Default `text/plain; charset=utf-8`.
   */
  contentType?: string | ((key: string) => string);
  /** Whose streams a request may read: the `principal` that `KeyedStreams.run` got. Default: those without one. */
  principal?: (request: never) => string;
  /** Guards of the routes. Default none: all who know a key can read its stream. */
  guards?: readonly (Type<CanActivate> | CanActivate)[];
  /** The origin whose pages may read, or `*`. Default none, and what `enableCors` of the application says. */
  origin?: string;
  /** Seconds for which a long poll waits. Default 20. */
  longPoll?: number;
}

/** One request, in the framework's own objects. */
interface Exchange {
  readonly key: string;
  readonly request: object;
  readonly response: object;
}

export async function answerRequest(
  streams: KeyedStreams,
  drain: Drain,
  options: DurableStreamsOptions,
  exchange: Exchange,
): Promise<void> {
  const stop = new Stop(drain);
  (rawOf(exchange.response) as ServerResponse).once('close', () => stop.now());
  try {
    const answer = await answerTo(streams, options, exchange, stop);
    // Not before: an exception filter answers what the options throw.
    const { response, headers } = takeResponse(exchange.response);
    const all = { ...headers, ...commonHeaders(options.origin), ...answer.headers };
    await send(response, { ...answer, headers: all }, stop.signal);
  } finally {
    stop.now();
  }
}

async function answerTo(
  streams: KeyedStreams,
  options: DurableStreamsOptions,
  { key, request }: Exchange,
  stop: Stop,
): Promise<Answer> {
  const { method = 'GET', url = '', headers } = rawOf(request) as IncomingMessage;
  if (method === 'OPTIONS') return preflight;
  if (method !== 'GET' && method !== 'HEAD') return { ...preflight, status: 405 };
  const { contentType = 'text/plain; charset=utf-8', longPoll = 20 } = options;
  const principal = options.principal?.(request as never);
  const log = streams.log(key, principal === undefined ? {} : { principal });
  const read = {
    method,
    query: new URLSearchParams(url.split('?')[1]),
    ifNoneMatch: headers['if-none-match'],
    contentType: typeof contentType === 'string' ? contentType : contentType(key),
    longPoll: longPoll * 1000,
    stop: stop.signal,
    wait: (delay: number) => stop.after(delay),
  };
  try {
    return await answerRead(log, read);
  } catch (error) {
    return refused(error);
  }
}

/** @throws what is no refusal of a log. */
function refused(error: unknown): Answer {
  const status = refusalStatus(error);
  if (status === undefined) throw error;
  const headers = { 'Content-Type': 'text/plain', 'Cache-Control': 'no-store' };
  const again = status === 503 ? { 'Retry-After': '1' } : {};
  return { status, headers: { ...headers, ...again }, body: (error as Error).message };
}
