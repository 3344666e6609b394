import type { ServerResponse } from 'node:http';
import { HttpException } from '@nestjs/common';
import { EMPTY, Observable, type Subscriber } from 'rxjs';
import { DrainLog } from '../compat/nest-logger.js';
import { HeldResponse, needsDrain } from '../compat/response.js';
import {
  ContinuedElsewhereError,
  type HandlerRun,
  largestPortion,
  type OutgoingEvent,
  type Portion,
  type ResumableExchange,
  type Resumption,
} from '../core/resumption.js';
import { EventStream } from './event-stream.js';
import type { Answerer, HttpStream } from './http-stream.js';
import { ReconnectAnswer } from './refusals.js';
import type { StreamRoute } from './stream-route.js';

const logger = new DrainLog('DrainableStream');

/** One request of a resumable route, between its guards and its answer: what the client gets comes from the log. */
export class ResumableAnswer implements Answerer {
  constructor(
    readonly stream: HttpStream,
    private readonly route: StreamRoute,
    private readonly exchange: ResumableExchange,
    private readonly located: object | undefined,
    private readonly resumption: Resumption,
  ) {}

  /** @throws what refuses the request, while nothing has been sent */
  async answer(run: (run: HandlerRun) => unknown): Promise<unknown> {
    const { response } = this.stream.transport;
    const held = new HeldResponse(response);
    try {
      const events = await this.resumption.answer(this.exchange, this.located, run);
      held.release();
      return EventStream.observe(this.stream, pulled(events, this.stream));
    } catch (error) {
      if (error instanceof ContinuedElsewhereError) return this.#sendElsewhere(held);
      if (!held.isBegun) {
        held.release();
        throw error;
      }
      answerError(held, error);
      return EMPTY;
    }
  }

  #sendElsewhere(held: HeldResponse): unknown {
    held.release();
    const { request, response, retryAfter } = this.stream.transport;
    return new ReconnectAnswer(this.route, request, response, retryAfter).answer();
  }
}

/** Nest believes that its headers are out, so no exception filter answers any more. */
function answerError(held: HeldResponse, error: unknown): void {
  if (!(error instanceof HttpException)) logger.error(error);
  const exception =
    error instanceof HttpException ? error : new HttpException('Internal server error', 500);
  const status = exception.getStatus();
  const body = exception.getResponse();
  held.answer(status, typeof body === 'string' ? { statusCode: status, message: body } : body);
}

/**
 * Events that are asked for as fast as the connection takes them: Nest cannot hold a producer back, and drops a
 * client that is far behind.
 */
function pulled(portions: AsyncIterable<Portion>, stream: HttpStream): Observable<OutgoingEvent> {
  return new Observable((client) => {
    const iterator = portions[Symbol.asyncIterator]();
    void pull(iterator, client, stream);
    return () => {
      Promise.resolve(iterator.return?.()).catch(() => undefined);
    };
  });
}

async function pull(
  iterator: AsyncIterator<Portion>,
  client: Subscriber<OutgoingEvent>,
  stream: HttpStream,
): Promise<void> {
  const pace = new Pace(stream.transport.response);
  try {
    for (;;) {
      const result = await iterator.next();
      if (client.closed) return;
      if (result.done) return client.complete();
      for (const event of result.value.events) client.next(event);
      const pause = pace.after(result.value);
      if (pause) await pause;
      if (client.closed) return;
    }
  } catch (error) {
    if (client.closed) return;
    logger.error(`Stream ${stream.id} broke off: ${String(error)}`);
    // The rest is elsewhere, or lost: not a clean end.
    stream.destroy();
  }
}

/** Gives the loop a turn to write what Nest was given. */
class Pace {
  #characters = 0;
  #events = 0;

  constructor(private readonly response: ServerResponse) {}

  /** Until more can be given; undefined for at once. */
  after({ events, characters }: Portion): Promise<void> | undefined {
    this.#events += events.length;
    this.#characters += characters;
    const isMuch =
      this.#characters >= largestPortion.characters || this.#events >= largestPortion.events;
    return isMuch || needsDrain(this.response) ? this.#pause(isMuch) : undefined;
  }

  async #pause(isMuch: boolean): Promise<void> {
    if (isMuch) {
      this.#characters = this.#events = 0;
      await new Promise(setImmediate);
    }
    if (needsDrain(this.response)) await flowing(this.response);
  }
}

/** Until the response takes more, or will never. */
function flowing(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      response.off('drain', go);
      response.off('close', go);
      resolve();
    };
    response.on('drain', go);
    response.on('close', go);
    if (response.destroyed) go();
  });
}
