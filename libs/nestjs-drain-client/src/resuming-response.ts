import { systemClock } from './clock.js';
import { LossError, ResumeFailedError } from './errors.js';
import type { ServerSentEvent } from './event-parser.js';
import { retryAfter, RetrySchedule } from './retry-schedule.js';
import { checkFetchOptions, resumingFetch, type ResumingFetchOptions } from './resuming-fetch.js';

/**
 * A `fetch` whose event stream does not break: for a front end that takes a `fetch` of one's own, such as the AI SDK's
 * `new DefaultChatTransport({ fetch: resumingResponse })`. A stream that breaks is asked for again from where it broke,
 * and a 503 that says when to come back is asked again: the server has done nothing then. Every other answer comes as it
 * is: no event stream, or one that does not say by `Content-Location` (or `resumeUrl`) where its rest is; and a 503 to a
 * body that can be sent only once.
 *
 * The body errors with a ResumeFailedError if the rest cannot be had.
 * @throws as `fetch`
 */
export function resumingResponse(
  input: string | URL | Request,
  init?: RequestInit,
): Promise<Response> {
  return respond(input, init, {});
}

/** `resumingResponse` with options of one's own. @throws RangeError for an option that cannot work. */
export function createResumingResponse(
  options: ResumingFetchOptions = {},
): typeof resumingResponse {
  checkFetchOptions(options);
  return (input, init) => respond(input, init, options);
}

/**
 * The AI SDK's last event; OpenAI's chat completions end with it, too. Behind an error or a stop the AI SDK's client reads
 * nothing.
 */
const isLast = ({ data }: ServerSentEvent): boolean =>
  data === '[DONE]' || /^\{"type":"(error|abort)"/.test(data);

async function respond(
  input: string | URL | Request,
  given: RequestInit | undefined,
  options: ResumingFetchOptions,
): Promise<Response> {
  const left = new AbortController();
  const { url, init } = await requestOf(input, given, left.signal);
  const first = await admitted(url, init, options);
  if (!isResumable(first, options)) return first;
  const send = options.fetch ?? globalThis.fetch;
  let answered: Response | undefined = first;
  const events = resumingFetch(url, init, {
    isTerminal: isLast,
    ...options,
    // The first answer is here already.
    fetch: (...request) => {
      const answer = answered ? Promise.resolve(answered) : send(...request);
      answered = undefined;
      return answer;
    },
  });
  const headers = new Headers(first.headers);
  for (const name of ['Content-Length', 'Content-Encoding']) headers.delete(name);
  const { status, statusText } = first;
  return new Response(bytesOf(events, left), { status, statusText, headers });
}

/** A stream that says where its rest is. From any other one the events would come again from the beginning. */
function isResumable(response: Response, { resumeUrl }: ResumingFetchOptions): boolean {
  const { ok, body, headers } = response;
  const isEventStream = headers.get('Content-Type')?.startsWith('text/event-stream') === true;
  return ok && !!body && isEventStream && (!!resumeUrl || headers.has('Content-Location'));
}

interface RepeatableRequest {
  readonly url: string | URL;
  readonly init: RequestInit & { readonly signal: AbortSignal };
}

/** What a Request says besides its method, headers and body. */
const terms = [
  ...(['cache', 'credentials', 'integrity', 'keepalive', 'mode', 'redirect'] as const),
  ...(['referrer', 'referrerPolicy'] as const),
];

/**
 * The parts of a request, so that it can be sent again.
 * @param left aborts when the caller reads no further
 */
async function requestOf(
  input: string | URL | Request,
  given: RequestInit = {},
  left: AbortSignal,
): Promise<RepeatableRequest> {
  // As for `fetch`, what is undefined is not given.
  const init = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as RequestInit;
  const until = (signal: AbortSignal | null | undefined) =>
    signal ? AbortSignal.any([signal, left]) : left;
  if (!(input instanceof Request)) {
    return { url: input, init: { ...init, signal: until(init.signal) } };
  }
  const { method, headers, url } = input;
  const body = input.body && !('body' in init) ? await input.clone().arrayBuffer() : null;
  const own = Object.fromEntries(terms.map((term) => [term, input[term]]));
  const signal = until('signal' in init ? init.signal : input.signal);
  return { url, init: { ...own, method, headers, body, ...init, signal } };
}

/** The first answer that is no refusal of a replica that shuts down. */
async function admitted(
  url: string | URL,
  init: RepeatableRequest['init'],
  options: ResumingFetchOptions,
): Promise<Response> {
  const send = options.fetch ?? globalThis.fetch;
  const schedule = new RetrySchedule(options, options.clock ?? systemClock);
  for (;;) {
    const response = await send(url, init);
    const pause = response.headers.get('Retry-After');
    if (response.status !== 503 || pause === null || isReadOnce(init.body)) return response;
    try {
      const loss = new LossError('HTTP 503', retryAfter(pause));
      await schedule.pause(loss, undefined, init.signal);
    } catch (error) {
      if (error instanceof ResumeFailedError) return response;
      throw error;
    }
    await response.body?.cancel();
  }
}

/** A body that is gone once it was sent. */
function isReadOnce(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false;
  return body instanceof ReadableStream || Symbol.asyncIterator in body;
}

function bytesOf(
  events: AsyncGenerator<ServerSentEvent, void, undefined>,
  left: AbortController,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await events.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(written(value)));
    },
    async cancel() {
      // A generator that waits for the next event would return only with it.
      left.abort();
      await events.return();
    },
  });
}

/** As it came: a line feed in the data separates two lines of it. */
function written({ id, type, data }: ServerSentEvent): string {
  const name = type === 'message' ? '' : `event: ${type}\n`;
  const lines = data.split('\n').map((line) => `data: ${line}\n`);
  return `${id === '' ? '' : `id: ${id}\n`}${name}${lines.join('')}\n`;
}
