import { systemClock, type Clock } from './clock.js';
import {
  connectionBroke,
  isTemporary,
  LossError,
  reasonOf,
  refusal,
  ResumeFailedError,
} from './errors.js';
import { checkOptions, unchecked, type OptionChecks } from './option-checks.js';
import { retryAfter, retryChecks, RetrySchedule, type RetryOptions } from './retry-schedule.js';
import { SequenceGuard } from './sequence-guard.js';
import { withIdleTimeout } from './idle-timeout.js';

/** The part of the official `openai` client that is used. */
export interface ResponsesClient {
  readonly responses: {
    create(request: never, options?: { signal?: AbortSignal }): PromiseLike<unknown>;
    retrieve(
      id: string,
      query: { stream: true; starting_after?: number },
      options?: { signal?: AbortSignal; maxRetries?: number },
    ): PromiseLike<unknown>;
  };
}

/** What the client's `create` takes; streaming goes without saying. */
export type ResponseRequestOf<Client extends ResponsesClient> = Omit<
  Parameters<Client['responses']['create']>[0],
  'stream'
>;

/** What the client streams: its own event type. */
export type ResponseEventOf<Client extends ResponsesClient> = Streamed<
  Awaited<ReturnType<Client['responses']['create']>>
>;
type Streamed<Answer> = Answer extends AsyncIterable<infer Event> ? Event : never;

export interface ResumeResponsesOptions extends RetryOptions {
  signal?: AbortSignal;
  clock?: Clock;
}

const checks: OptionChecks<ResumeResponsesOptions> = {
  ...retryChecks,
  signal: unchecked,
  clock: unchecked,
};

interface ResponseEvent {
  readonly type: string;
  readonly sequence_number: number;
  readonly response?: { readonly id: string };
}

const terminalTypes = new Set([
  'response.completed',
  'response.failed',
  'response.incomplete',
  'response.cancelled',
  // The API's own way to end a stream that cannot go on.
  'error',
]);

/**
 * Creates a response and streams its events, each once and in order, also if the connection or the replica is
 * lost on the way: the rest is then retrieved behind the last event. A stream that breaks before its first event
 * is created anew.
 * @throws RangeError at once for an option that cannot work; ResumeFailedError if the rest cannot be had, and what
 * the client throws if nothing was created.
 */
export function resumeResponses<Client extends ResponsesClient>(
  client: Client,
  request: ResponseRequestOf<Client>,
  options: ResumeResponsesOptions = {},
): AsyncGenerator<ResponseEventOf<Client>, void, undefined> {
  checkOptions(options, checks);
  return readResponse(client, request, options);
}

async function* readResponse<Client extends ResponsesClient>(
  client: Client,
  request: ResponseRequestOf<Client>,
  options: ResumeResponsesOptions,
): AsyncGenerator<ResponseEventOf<Client>, void, undefined> {
  const { clock = systemClock, signal = new AbortController().signal } = options;
  const schedule = new RetrySchedule(options, clock);
  const guard = new SequenceGuard(-1);
  const idle = (options.idleTimeout ?? 30) * 1000;
  let id: string | undefined;
  for (;;) {
    signal.throwIfAborted();
    const connection = new AbortController();
    // Until it has a name, a response may take its time: without one the rest cannot be asked for.
    const silence = () => ({ clock, signal, limit: id === undefined ? Infinity : idle });
    try {
      const either = AbortSignal.any([signal, connection.signal]);
      const stream = await withIdleTimeout(open(client, request, id, guard, either), silence());
      const events = stream[Symbol.asyncIterator]();
      for (;;) {
        const result = await withIdleTimeout(events.next().catch(connectionBroke), silence());
        if (result.done) throw new LossError('the stream ended before its terminal event');
        const event = result.value;
        if (!guard.admit(event.sequence_number)) continue;
        id ??= event.response?.id;
        schedule.progress();
        yield event as ResponseEventOf<Client>;
        if (terminalTypes.has(event.type)) return;
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof LossError)) throw error;
      connection.abort();
      await schedule.pause(error, sequenceOf(guard), signal);
    } finally {
      connection.abort();
    }
  }
}

async function open(
  client: ResponsesClient,
  request: object,
  id: string | undefined,
  guard: SequenceGuard,
  signal: AbortSignal,
): Promise<AsyncIterable<ResponseEvent>> {
  const { responses } = client;
  const last = sequenceOf(guard);
  if (id === undefined && last !== undefined) {
    throw new ResumeFailedError('No event named the response, so the rest cannot be asked for.');
  }
  try {
    const stream =
      id === undefined || last === undefined
        ? await responses.create({ ...request, stream: true } as never, { signal })
        : // The schedule repeats what fails, and hears what the server asks for.
          await responses.retrieve(
            id,
            { stream: true, starting_after: last },
            { signal, maxRetries: 0 },
          );
    return stream as AsyncIterable<ResponseEvent>;
  } catch (error) {
    throw openingFailure(error, last);
  }
}

/** A loss if another try may help. */
function openingFailure(error: unknown, last: number | undefined): unknown {
  const { status, headers } = error as { status?: number; headers?: Headers };
  const created = last !== undefined;
  const temporary = status === undefined || isTemporary(status) || status === 409;
  if (created && !temporary) {
    return refusal(status, { sequence: last, isFirst: false, cause: error });
  }
  const refusedUnseen = status === 429 || status === 503;
  if (!created && !refusedUnseen) return error;
  const reason = status === undefined ? `no connection (${reasonOf(error)})` : `HTTP ${status}`;
  return new LossError(reason, retryAfter(headers?.get('Retry-After')), error);
}

function sequenceOf({ last }: SequenceGuard): number | undefined {
  return last === undefined || last < 0 ? undefined : last;
}
