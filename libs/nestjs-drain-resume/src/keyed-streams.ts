import {
  type Chunk,
  loggedChunk,
  loggedEnd,
  loggedFailure,
  loggedFailureChunk,
  readChunk,
} from './chunks.js';
import { ChunkLog } from './chunk-log.js';
import { systemClock } from './clock.js';
import { StreamFailedError } from './errors.js';
import { StreamRefusedError } from './stream-refused-error.js';
import type { FollowedStream } from './following-reader.js';
import { keyedStreamId } from './identifier.js';
import { readingOver } from './linked-signal.js';
import { logAll, payloadsFrom } from './payloads.js';
import type { Production } from './production.js';
import { ResumableStreamService, type OpenedStream } from './resumable-stream-service.js';
import { StreamProducers, type StreamProducersOptions } from './stream-producers.js';

/** Where and how a body is produced. */
export interface KeyedRun {
  readonly key: string;
  /** How many chunks are logged already and must not be produced again. 0 for a new stream. */
  readonly next: number;
  /** Aborts when there is no point in producing further: the stream is cancelled, or belongs to another replica. */
  readonly signal: AbortSignal;
}

/** A body in parts, each a string or bytes. It is asked for its next part when the last one is logged. */
export type ChunkSource = AsyncIterable<Chunk> | Iterable<Chunk> | ReadableStream<Chunk>;

/**
 * Makes a body. It runs on the replica that produces the stream; after a take-over it runs again, with `next` above 0, and
 * continues. Let it throw if it cannot: its reader then gets the failure and never a splice of two bodies.
 */
export type MakeStream = (run: KeyedRun) => ChunkSource | Promise<ChunkSource>;

export interface KeyedStreamOptions {
  /** Who asks. Another principal has other streams under the same keys. Default: one for all. */
  readonly principal?: string;
  /** The last chunk that the reader has; default -1, which is none. */
  readonly after?: number;
  /** Seconds for which the stream can be read after its last chunk. Default: that of all streams. */
  readonly ttl?: number;
  /** Whether the stream goes on to its end without a reader. Default true. */
  readonly background?: boolean;
  /** If not: seconds without a reader until it pauses. The next reader makes it go on. Default 30. */
  readonly grace?: number;
  /**
   * The last chunk of a body that failed, in the route's own format. Without it the reader's stream errors, so that its
   * connection breaks off and nothing takes the part for the whole.
   */
  readonly failure?: (error: unknown) => Chunk;
}

export interface KeyedStreamsOptions extends Omit<StreamProducersOptions, 'clock'> {
  /** Aborts when this process shuts down. Other replicas then go on with its streams; without a shared store they fail. */
  readonly signal?: AbortSignal;
  /** Called with the production of each stream; for platforms that end a process that seems idle. */
  readonly waitUntil?: (production: Promise<void>) => unknown;
}

/** As a route without credentials has it. */
const anybody = 'anonymous';

/**
 * Streams under keys that the application chooses, the same on every replica. One call creates the stream, joins it, or
 * goes on with it if its producer is lost. Works with any framework that sends a web `ReadableStream`.
 */
export class KeyedStreams {
  constructor(private readonly service: ResumableStreamService) {}

  /** For a process without Nest. @throws InvalidResumeOptionsError for values that cannot work. */
  static open({ signal, waitUntil, ...options }: KeyedStreamsOptions): KeyedStreams {
    const { store, onError = () => undefined } = options;
    const leaving = signal ?? new AbortController().signal;
    const service = new ResumableStreamService(new StreamProducers(options), {
      clock: systemClock,
      handOff: store.shared ? 'deadline' : undefined,
      isLeaving: () => leaving.aborted,
      deadline: leaving,
      track: (production) => waitUntil?.(production),
      onError,
    });
    if (store.shared) leaving.addEventListener('abort', () => void service.releaseAll());
    return new KeyedStreams(service);
  }

  /**
   * The body under `key`, from its beginning or behind chunk `after`. If there is none, `make` is called.
   * @throws StreamRefusedError if it cannot be had now; its `status` is the one of HTTP. What `make` throws.
   */
  async run(
    key: string,
    make: MakeStream,
    options: KeyedStreamOptions = {},
  ): Promise<ReadableStream<Uint8Array>> {
    const opened = await this.#openOrStart(idOf(key, options), options);
    return this.#body(key, opened, make, options);
  }

  /** As `run`, but undefined if there is no stream under `key`. */
  async join(
    key: string,
    make: MakeStream,
    options: KeyedStreamOptions = {},
  ): Promise<ReadableStream<Uint8Array> | undefined> {
    const opened = await this.#resume(idOf(key, options), options);
    return opened.outcome === 'unknown' ? undefined : this.#body(key, opened, make, options);
  }

  /** Reads what is logged under `key`, chunk by chunk. Nothing is produced: `run` and `join` go on with a lost stream. */
  log(key: string, { principal = anybody }: Pick<KeyedStreamOptions, 'principal'> = {}): ChunkLog {
    return new ChunkLog(this.service, key, principal);
  }

  /** `open`: it is produced, or waits for a reader. `closed`: it can still be read. `none`: there is no stream. */
  async state(
    key: string,
    options: Pick<KeyedStreamOptions, 'principal'> = {},
  ): Promise<'open' | 'closed' | 'none'> {
    const found = await this.service.find(idOf(key, options), options.principal ?? anybody);
    if (found.outcome !== 'found') return 'none';
    return found.head.closed ? 'closed' : 'open';
  }

  /** Asks the producer of the stream to end it: at once here, within a third of the lease elsewhere. */
  async cancel(key: string, options: Pick<KeyedStreamOptions, 'principal'> = {}): Promise<void> {
    const { outcome } = await this.service.cancel(idOf(key, options), options.principal ?? anybody);
    if (outcome === 'unavailable') throw new StreamRefusedError(outcome);
  }

  /** Ends the stream and forgets it. The next `run` under `key` makes a new one. */
  async delete(key: string, options: Pick<KeyedStreamOptions, 'principal'> = {}): Promise<void> {
    const { outcome } = await this.service.delete(idOf(key, options), options.principal ?? anybody);
    if (outcome === 'unavailable') throw new StreamRefusedError(outcome);
  }

  async #openOrStart(id: string, options: KeyedStreamOptions): Promise<OpenedStream> {
    for (;;) {
      const resumed = await this.#resume(id, options);
      if (resumed.outcome !== 'unknown') return resumed;
      // What follows a chunk that the client has is in no new stream.
      if ((options.after ?? -1) !== -1) return { outcome: 'gone' };
      const started = await this.service.start({
        id,
        principal: options.principal ?? anybody,
        request: '',
        background: options.background ?? true,
        grace: options.grace ?? 30,
        ttl: options.ttl,
      });
      // Another call was faster, here or on another replica: join its stream.
      if (started.outcome !== 'exists') return started;
    }
  }

  #resume(
    id: string,
    { principal = anybody, after = -1 }: KeyedStreamOptions,
  ): Promise<OpenedStream> {
    return this.service.resume({ id, principal, after });
  }

  async #body(
    key: string,
    opened: OpenedStream,
    make: MakeStream,
    options: KeyedStreamOptions,
  ): Promise<ReadableStream<Uint8Array>> {
    if (opened.outcome !== 'open') throw new StreamRefusedError(opened.outcome);
    const { stream } = opened;
    const produce = (production: Production) => produceBody(key, production, make, options);
    if (stream.production) await produce(stream.production);
    // What `make` throws after a take-over is in the log, for every reader.
    return bodyOf(stream, (production) => void produce(production).catch(() => undefined));
  }
}

function idOf(key: string, { principal = anybody }: Pick<KeyedStreamOptions, 'principal'>): string {
  return keyedStreamId(principal, key);
}

/** @throws what `make` throws */
async function produceBody(
  key: string,
  production: Production,
  make: MakeStream,
  options: KeyedStreamOptions,
): Promise<void> {
  const { cursor, signal } = production;
  const failure = (error: unknown) => failureOf(error, options.failure);
  if (production.isExhausted) {
    const error = new StreamFailedError(
      key,
      'several replicas fell silent before they produced a chunk of it',
    );
    return void production.fail(failure(error)).catch(() => undefined);
  }
  // Cancelled while its producer was lost: only its end is missing.
  if (signal.aborted) return void production.fail(failure(signal.reason)).catch(() => undefined);
  try {
    const source = await make({ key, next: cursor.next, signal });
    const payloads = payloadsFrom(source, { encode: loggedChunk, signal });
    void logAll(production, payloads, { end: loggedEnd, failure });
  } catch (error) {
    void production.fail(failure(error)).catch(() => undefined);
    throw error;
  }
}

/** Never throws: it is the last thing that can be said of a stream. */
function failureOf(error: unknown, shape: KeyedStreamOptions['failure']): string {
  try {
    if (shape) return loggedFailureChunk(shape(error));
  } catch {
    // The chunk that says what went wrong is faulty as well.
  }
  return loggedFailure('its producer failed');
}

function bodyOf(
  stream: FollowedStream,
  takeOver: (production: Production) => void,
): ReadableStream<Uint8Array> {
  const stop = new AbortController();
  const events = stream.events(takeOver, stop.signal)[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const event = await events.next();
        const chunk = event.done ? undefined : readChunk(event.value.payload);
        if (stop.signal.aborted) return;
        if (chunk?.kind === 'chunk') return controller.enqueue(chunk.bytes);
        await events.return?.();
        if (chunk?.kind === 'end') return controller.close();
        if (chunk?.kind !== 'failureChunk') {
          throw new StreamFailedError(stream.id, chunk?.message ?? 'it was closed without its end');
        }
        controller.enqueue(chunk.bytes);
        controller.close();
      },
      async cancel() {
        stop.abort(readingOver);
        await events.return?.();
      },
    },
    // Nothing is read before the client asks for it.
    { highWaterMark: 0 },
  );
}
