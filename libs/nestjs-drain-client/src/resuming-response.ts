import { systemClock } from './clock.js';
import { LossError, ResumeFailedError } from './errors.js';
import type { ServerSentEvent } from './event-parser.js';
import { checkRetryOptions, retryAfter, RetrySchedule } from './retry-schedule.js';
import { resumingFetch, type ResumingFetchOptions } from './resuming-fetch.js';

/**
 * A `fetch` whose event stream does not break: for a front end that takes a `fetch` of one's own, such as the AI SDK's
 * `new DefaultChatTransport({ fetch: resumingResponse })`. A stream that breaks is asked for again from where it broke,
 * and a 503 that says when to come back is asked again: the server has done nothing then. Every other answer, and one that is no event stream,
 * comes as it is.
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
  checkRetryOptions(options);
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
  const { url, init } = await requestOf(input, given);
  const first = await admitted(url, init, options);
  const type = first.headers.get('Content-Type') ?? '';
  if (!first.ok || !first.body || !type.startsWith('text/event-stream')) return first;
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
  return new Response(bytesOf(events), { status, statusText, headers });
}

/** A Request's parts, so that it can be sent again. */
async function requestOf(
  input: string | URL | Request,
  init: RequestInit = {},
): Promise<{ url: string | URL; init: RequestInit }> {
  if (!(input instanceof Request)) return { url: input, init };
  const { method, headers, signal, credentials, url } = input;
  const body = input.body ? await input.clone().text() : null;
  return { url, init: { method, headers, signal, credentials, body, ...init } };
}

/** The first answer that is no refusal of a replica that shuts down. */
async function admitted(
  url: string | URL,
  init: RequestInit,
  options: ResumingFetchOptions,
): Promise<Response> {
  const send = options.fetch ?? globalThis.fetch;
  const signal = init.signal ?? new AbortController().signal;
  const schedule = new RetrySchedule(options, options.clock ?? systemClock);
  for (;;) {
    const response = await send(url, init);
    const pause = response.headers.get('Retry-After');
    if (response.status !== 503 || pause === null) return response;
    try {
      const loss = new LossError('HTTP 503', retryAfter(pause));
      await schedule.pause(loss, undefined, signal);
    } catch (error) {
      if (error instanceof ResumeFailedError) return response;
      throw error;
    }
    await response.body?.cancel();
  }
}

function bytesOf(
  events: AsyncGenerator<ServerSentEvent, void, undefined>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await events.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(written(value)));
    },
    async cancel() {
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
