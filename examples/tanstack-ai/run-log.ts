import { HttpException, IntrinsicException } from '@nestjs/common';
import { RUN_CANCEL_REASON, type StreamChunk, type StreamDurability } from '@tanstack/ai';
import { eventId, positionOf, refusalException } from 'nestjs-drain/resume';
import {
  ProductionStoppedError,
  StreamElsewhereError,
  type Production,
  type ReadRequest,
  type ResumableStreamService,
} from 'nestjs-drain-resume';

type Entry = { readonly offset: string; readonly chunk: StreamChunk };
type Place = Pick<ReadRequest, 'after' | 'epoch'>;

export interface RunName {
  readonly runId: string;
  /** Of the run's log, and who may read it. */
  readonly id: string;
  readonly principal: string;
}

/** A run that this replica has to produce, as its producer is lost. */
export interface TakenOver {
  readonly production: Production;
  /** What the run was begun with. */
  readonly request: string;
}

/** The terminal event. Their log has a state instead, so no reader gets it. */
const end = 'null';

/** TanStack's `StreamDurability` over the log of `nestjs-drain-resume`: one request that begins, reads or drives a run. */
export class RunLog implements StreamDurability {
  /** For the model: aborts when there is no point in producing further. */
  readonly stop = new AbortController();
  /** Settles while the log is read. Rejects if this replica has nothing to produce. */
  readonly takenOver: Promise<TakenOver>;
  readonly #elsewhere = new AbortController();
  #takeOver!: (taken: TakenOver) => void;
  #leave!: (reason: Error) => void;

  constructor(
    private readonly service: ResumableStreamService,
    private readonly name: RunName,
    /** `offset`: the request reads from there. `production`: it writes. */
    private readonly role: {
      readonly offset?: string;
      readonly production?: Production | undefined;
    },
  ) {
    this.takenOver = new Promise((resolve, reject) => {
      [this.#takeOver, this.#leave] = [resolve, reject];
    });
    this.takenOver.catch(() => undefined);
    if (role.production) this.#obey(role.production);
  }

  resumeFrom(): string | null {
    return this.role.offset ?? null;
  }

  async append(chunks: StreamChunk[]): Promise<string[]> {
    const production = this.#production();
    const payloads = chunks.map((chunk) => JSON.stringify(chunk));
    const last = await production.writeAll(payloads).catch(standStillElsewhere);
    const first = last - chunks.length + 1;
    return chunks.map((_, index) => this.#offsetOf(first + index, production.epoch));
  }

  /** Goes on when the run's producer is lost: then it calls for the driver, which waits for `takenOver`. */
  async *read(
    offset: string,
    signal: AbortSignal = new AbortController().signal,
  ): AsyncGenerator<Entry> {
    try {
      const place = this.#placeOf(offset);
      const opened = await this.service.resume({ ...this.name, ...place });
      if (opened.outcome !== 'open') throw refusalException(opened.outcome);
      const { request, production } = opened.stream;
      const takeOver = (taken: Production) => this.#takeOver({ production: taken, request });
      if (production) takeOver(production);
      for await (const event of opened.stream.events(takeOver, signal)) {
        if (event.payload === end) return;
        yield this.#entryOf(event);
      }
    } catch (error) {
      if (!isToBeHadElsewhere(error)) throw error;
      this.#elsewhere.abort(new GoesOnElsewhere());
    } finally {
      this.#leave(new Error('Another replica produces this run, or it is over.'));
    }
  }

  async close(): Promise<void> {
    const production = this.#production();
    const failed = { type: 'RUN_ERROR', message: 'The answer could not be kept as a whole.' };
    await production.close(end).catch(() => production.fail(JSON.stringify(failed)).catch(() => 0));
  }

  async snapshot(): Promise<Entry[]> {
    const entries: Entry[] = [];
    let place: Place = { after: -1 };
    for (;;) {
      const page = await this.service.page({ ...this.name, ...place }, 256);
      if (page.outcome === 'unknown') return [];
      if (page.outcome !== 'page') throw refusalException(page.outcome);
      for (const event of page.events)
        if (event.payload !== end) entries.push(this.#entryOf(event));
      const last = page.events.at(-1);
      if (!last || last.sequence >= page.next - 1) return entries;
      place = { after: last.sequence, epoch: last.epoch };
    }
  }

  /**
   * The answer, until the rest has to be had elsewhere. Then its connection breaks off, and TanStack's client comes back with
   * its offset; a status, a clean end or a `RUN_ERROR` would be the end for it.
   */
  sent({ body, status, headers }: Response): Response {
    const begun = new TransformStream<Uint8Array, Uint8Array>({
      // The headers go out with it, also if the next chunk has to wait for a take-over.
      start: (controller) => controller.enqueue(new TextEncoder().encode(':\n\n')),
    });
    const whole = body?.pipeThrough(begun, { signal: this.#elsewhere.signal }) ?? null;
    return new Response(whole, { status, headers });
  }

  #production(): Production {
    const { production } = this.role;
    if (!production) throw new Error('This request reads its run: another one writes it.');
    return production;
  }

  #obey({ signal }: Production): void {
    const obey = () => {
      if (isToBeHadElsewhere(signal.reason)) this.#elsewhere.abort(new GoesOnElsewhere());
      this.stop.abort(RUN_CANCEL_REASON);
    };
    if (signal.aborted) obey();
    else signal.addEventListener('abort', obey, { once: true });
  }

  #entryOf(event: { sequence: number; epoch: number; payload: string }): Entry {
    const offset = this.#offsetOf(event.sequence, event.epoch);
    return { offset, chunk: JSON.parse(event.payload) as StreamChunk };
  }

  #offsetOf(after: number, epoch: number): string {
    return eventId({ id: this.name.runId, after, epoch });
  }

  #placeOf(offset: string): Place {
    if (offset === '-1') return { after: -1 };
    const { id, after = -1, epoch } = positionOf({ headers: { 'last-event-id': offset } }) ?? {};
    if (id === this.name.runId) return { after, epoch };
    throw new Error(`The offset ${JSON.stringify(offset)} belongs to another run.`);
  }
}

/** Why a connection breaks off. Nest logs no error for it. */
class GoesOnElsewhere extends IntrinsicException {}

/** TanStack would call a run failed whose chunk is refused. It is not: another replica goes on with it. */
function standStillElsewhere(error: unknown): Promise<never> {
  if (isToBeHadElsewhere(error)) return new Promise(() => undefined);
  throw error;
}

/** A production that stopped for one of these still has its log, and ends it with its last event. */
const ownReasons = new Set<string>(['cancelled', 'tooLarge', 'backlog', 'rejected']);

/** This replica shuts down, another one has the run, or the store does not answer now. */
function isToBeHadElsewhere(error: unknown): boolean {
  if (error instanceof ProductionStoppedError) return !ownReasons.has(error.reason);
  if (error instanceof HttpException) return error.getStatus() === 503;
  return error instanceof StreamElsewhereError;
}
