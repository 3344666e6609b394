import { InternalServerErrorException } from '@nestjs/common';
import {
  type EventSource,
  type FollowedStream,
  isEventSource,
  logAll,
  payloadsFrom,
  type Production,
} from 'nestjs-drain-resume';
import { isObservable, Subject, takeUntil } from 'rxjs';
import { DrainLog } from '../compat/nest-logger.js';
import type { HandlerRun, Portion, ResumableOptions } from '../core/resumption.js';
import { AnswerPortions } from './answer-portions.js';
import { isCancelled, loggedEnd, loggedEvent, loggedFailure } from './logged.js';
import type { StreamPosition } from './position.js';

const logger = new DrainLog('DrainableStream');

const endedEarly = new InternalServerErrorException(
  'The server ended this answer before it was finished.',
);

export interface AnswerOptions {
  /** What the route declares. */
  readonly route: ResumableOptions;
  readonly maxPendingBytes: number | undefined;
  /** Milliseconds after which the client should come back; undefined while this replica does not shut down. */
  readonly reconnectIn: () => number | undefined;
}

/**
 * One request of a resumable route. What the handler emits goes into the log; what the client gets comes from the
 * log. So the handler runs only where, and if, the stream has to be produced.
 */
export class ResumableAnswer implements AsyncIterable<Portion> {
  constructor(
    private readonly stream: FollowedStream,
    /** Where the client stands. */
    private readonly position: StreamPosition,
    private readonly run: (run: HandlerRun) => unknown,
    private readonly options: AnswerOptions,
  ) {}

  /** Runs the handler if this replica has to. @throws what the handler throws: nothing has been sent yet. */
  async begin(): Promise<void> {
    const { production } = this.stream;
    if (production) await this.#produce(production);
  }

  [Symbol.asyncIterator](): AsyncIterator<Portion, void, undefined> {
    const takeOver = (production: Production) => {
      // What the handler throws is in the log, for every reader.
      this.#produce(production).catch((error: unknown) => complain(this.stream.id, error));
    };
    return new AnswerPortions(this.stream, this.position, takeOver, this.options.reconnectIn);
  }

  async #produce(production: Production): Promise<void> {
    const { cursor, signal } = production;
    const failure = (error: unknown) => {
      const isEnded = signal.aborted && error === signal.reason;
      if (!isEnded) complain(cursor.id, error);
      const told = isEnded && !isCancelled(error) ? endedEarly : error;
      return loggedFailure(told, this.options.route.failure);
    };
    if (production.isExhausted) {
      void production.fail(failure(new ExhaustedError(cursor.id)));
      return;
    }
    // Cancelled while its producer was lost: only its end is missing.
    if (signal.aborted) {
      void production.fail(failure(signal.reason));
      return;
    }
    try {
      const source = await this.run({ cursor, signal });
      if (!isEventSource(source)) throw new NoEventsError();
      void logAll(production, this.#payloads(source, signal), { end: loggedEnd, failure });
    } catch (error) {
      // An exception filter answers this request, and logs it.
      void production.fail(loggedFailure(error, this.options.route.failure));
      throw error;
    }
  }

  #payloads(source: EventSource, signal: AbortSignal): AsyncIterable<readonly string[]> {
    const over = new Subject<void>();
    return payloadsFrom(isObservable(source) ? source.pipe(takeUntil(over)) : source, {
      encode: loggedEvent,
      signal,
      maxPendingBytes: this.options.maxPendingBytes,
      unsubscribe: () => over.next(),
    });
  }
}

/** What no other try is likely to mend. */
class ExhaustedError extends Error {
  override readonly name = 'ExhaustedError';

  constructor(id: string) {
    super(
      `Stream ${id} was not taken over again: several replicas tried and fell silent before its handler emitted an event. ` +
        'Look for a handler that blocks or ends its process.',
    );
  }
}

class NoEventsError extends TypeError {
  constructor() {
    super('A resumable handler returns an Observable, an AsyncIterable or a web ReadableStream.');
  }
}

/** Never throws, whatever the handler threw. */
function complain(id: string, error: unknown): void {
  try {
    logger.error(`Stream ${id} failed.`, error instanceof Error ? error.stack : String(error));
  } catch {
    logger.error(`Stream ${id} failed with an error that cannot be written.`);
  }
}
