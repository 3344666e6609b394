import { systemClock, type Clock } from './clock.js';
import { connectionBroke, LossError } from './errors.js';
import { EventParser, type ServerSentEvent } from './event-parser.js';
import { callback, checkOptions, unchecked, type OptionChecks } from './option-checks.js';
import { checkRequest } from './request-check.js';
import {
  requestChecks,
  ResumableRequest,
  type ResumableRequestOptions,
} from './resumable-request.js';
import { retryChecks, RetrySchedule, type RetryOptions } from './retry-schedule.js';
import { SequenceGuard } from './sequence-guard.js';
import { withIdleTimeout, type IdleLimit } from './idle-timeout.js';

export interface ResumingFetchOptions extends RetryOptions, ResumableRequestOptions {
  /**
   * An event's number in the gapless sequence, by which repeated events are left out and missing ones noticed;
   * undefined passes it on unchecked. Default: the number its `id:` ends with; one without an `id:` of its own is passed on.
   */
  sequenceOf?: (event: ServerSentEvent) => number | undefined;
  /**
   * Whether this event is the stream's last one. Without it a stream goes on until the server answers 204
   * (nothing more to read) or the signal aborts.
   */
  isTerminal?: (event: ServerSentEvent) => boolean;
  /** Go on behind this event of an earlier read. */
  after?: { readonly id: string; readonly sequence: number };
  clock?: Clock;
}

const checks: OptionChecks<ResumingFetchOptions> = {
  ...retryChecks,
  ...requestChecks,
  sequenceOf: callback,
  isTerminal: callback,
  after: (value) => (isPlace(value) ? undefined : 'set the `id` and the `sequence` of an event'),
  clock: unchecked,
};

function isPlace(value: unknown): boolean {
  const { id, sequence } = Object(value) as Record<string, unknown>;
  return typeof id === 'string' && Number.isInteger(sequence);
}

/** @throws RangeError for an option that cannot work. */
export function checkFetchOptions(options: ResumingFetchOptions): void {
  checkOptions(options, checks);
}

/**
 * Fetches an event stream and goes on where it broke, on whichever replica answers: every event once, in order.
 * `init.signal` ends it as it ends a fetch; leaving the loop closes the connection.
 * @throws RangeError at once for an option that cannot work, TypeError at once for a request that cannot be sent, and
 * ResumeFailedError if the rest cannot be had. What was read until then is right.
 */
export function resumingFetch(
  input: string | URL,
  init: RequestInit = {},
  options: ResumingFetchOptions = {},
): AsyncGenerator<ServerSentEvent, void, undefined> {
  checkFetchOptions(options);
  // With a function of the application, any address may be right.
  if (!options.fetch) checkRequest(input, init);
  return read(input, init, options);
}

async function* read(
  input: string | URL,
  init: RequestInit,
  options: ResumingFetchOptions,
): AsyncGenerator<ServerSentEvent, void, undefined> {
  const { clock = systemClock, isTerminal, after } = options;
  const signal = init.signal ?? new AbortController().signal;
  const request = new ResumableRequest(input, init, options);
  const schedule = new RetrySchedule(options, clock);
  const guard = new SequenceGuard(after?.sequence);
  let id = after?.id ?? '';
  for (;;) {
    const connection = new AbortController();
    const idle = { clock, signal, limit: (options.idleTimeout ?? 30) * 1000 };
    try {
      const either = AbortSignal.any([signal, connection.signal]);
      const opened = request.open({ id, sequence: guard.last }, either);
      // A first answer may take its time; a server that has answered before is expected to again.
      const response = await withIdleTimeout(
        opened,
        request.answered ? idle : { ...idle, limit: Infinity },
      );
      // Browsers give a 204 an empty body, Node gives it none.
      if (response.status === 204 || !response.body) return;
      const parser = new EventParser();
      const sequenceOf = options.sequenceOf ?? ownNumber(parser);
      for await (const event of eventsOf(response.body, parser, idle, schedule)) {
        const sequence = sequenceOf(event);
        const isNew = sequence === undefined || guard.admit(sequence);
        // A replica that ends the stream says so at the place of the last event.
        const isLast = isTerminal?.(event) === true;
        if (!isNew && !isLast) continue;
        if (event.id !== '') id = event.id;
        // A replica that is leaving may say so again and again.
        if (!parser.carriesId(event)) schedule.progress();
        yield event;
        if (isLast) return;
      }
      throw new LossError('the stream ended before its terminal event');
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof LossError)) throw error;
      connection.abort();
      await schedule.pause(error, guard.last, signal);
    } finally {
      connection.abort();
    }
  }
}

/** @throws LossError when the connection breaks or falls silent. */
async function* eventsOf(
  body: ReadableStream<Uint8Array>,
  parser: EventParser,
  idle: IdleLimit,
  schedule: RetrySchedule,
): AsyncGenerator<ServerSentEvent, void, undefined> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await withIdleTimeout(reader.read().catch(connectionBroke), idle);
      if (done) return;
      const events = parser.push(decoder.decode(value, { stream: true }));
      if (parser.retry !== undefined) schedule.advise(parser.retry);
      yield* events;
    }
  } finally {
    // Also an answer that the caller's own `fetch` brought without our signal.
    reader.cancel().catch(() => undefined);
  }
}

/** An event without an id of its own is in no log, so it repeats none: a farewell, for one. */
function ownNumber(parser: EventParser): (event: ServerSentEvent) => number | undefined {
  return (event) => {
    const digits = parser.carriesId(event) ? undefined : /\d+$/.exec(event.id)?.[0];
    return digits === undefined ? undefined : Number(digits);
  };
}
