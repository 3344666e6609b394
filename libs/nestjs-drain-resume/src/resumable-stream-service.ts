import type { Clock } from './clock.js';
import {
  FollowingReader,
  type FollowedStream,
  type Finding,
  type ProducerRegistry,
} from './following-reader.js';
import { InvalidResumeOptionsError } from './options.js';
import type { ResumableProducer } from './producer.js';
import { ManagedProducer, type UnreadPolicy } from './production.js';
import {
  findStream,
  isPlaceIn,
  openReader,
  type OpenedReader,
  type ReadRequest,
  type ResumableReader,
} from './reader.js';
import type {
  Absent,
  CancelRequest,
  CreateRefused,
  Deletion,
  Found,
  ReadRefused,
  StreamEvent,
  StreamHead,
  StreamPage,
} from './store.js';
import type { StreamProducers } from './stream-producers.js';
import { StoreUnavailableError } from './errors.js';

/** When an unfinished resumable stream is given to another replica. */
export type HandOffTime = 'deadline' | 'eager';

/** How a stream is given to another replica instead of being ended with a farewell. */
export interface HandOff {
  /** `deadline`: with the drain's deadline. `eager`: as soon as the drain refuses new streams. */
  readonly when: HandOffTime;
  /** Resolves when others may continue the stream; its transport is destroyed then. */
  release(): Promise<unknown>;
}

export interface StartRequest extends UnreadPolicy {
  /** From `newId`, if it has to be known before. */
  readonly id?: string;
  readonly principal: string;
  /** What a replica needs to continue the stream. */
  readonly request: string;
  /** Seconds for which the stream can be resumed after its last event. Default: as all of this process. */
  readonly ttl?: number | undefined;
}

/**
 * `leaving`: this replica shuts down, and another one has to go on with the stream. `unavailable`: the
 * store cannot be asked now. `unknown`, `gone`, `ahead`, `replaced`: nothing to resume. `tooMany`, `full`: no new stream. `exists`: the id is taken.
 */
export type ResumptionRefusal =
  'leaving' | 'unavailable' | ReadRefused['outcome'] | CreateRefused['outcome'];

export type OpenedStream =
  | { readonly outcome: 'open'; readonly stream: FollowedStream }
  | { readonly outcome: ResumptionRefusal };

export type Peeked =
  | {
      readonly outcome: 'found';
      /** Of its log, as in `StreamHead`. */
      readonly incarnation: string;
      /** What the stream was started with. */
      readonly request: string;
      /** As in `FollowedStream`. */
      readonly left: number | undefined;
      readonly first: StreamEvent | undefined;
    }
  | { readonly outcome: ReadRefused['outcome'] | 'unavailable' | 'leaving' };

interface LoggedStart extends UnreadPolicy {
  readonly request: string;
}

/** How a stream's request is logged: with its policy, which holds for a replica that takes it over, too. */
function toLogged({ background, grace, request }: LoggedStart): string {
  return JSON.stringify({ background, grace, request });
}

function fromLogged(text: string): LoggedStart {
  return JSON.parse(text) as LoggedStart;
}

export interface ResumableStreamServiceOptions {
  readonly clock: Clock;
  /** Undefined if no other replica goes on with this one's streams. */
  readonly handOff: HandOffTime | undefined;
  /** Whether this process shuts down: it then takes nothing over. */
  readonly isLeaving: () => boolean;
  /** Aborts at the deadline of the drain. */
  readonly deadline: AbortSignal;
  /**
   * Whether streams that have no reader are to end soon: this process takes no new ones, and no other sees its store.
   * Call `endUnread()` when that becomes true. Default: never.
   */
  readonly endsUnread?: () => boolean;
  /** Called with every production, so that the drain waits for it. */
  readonly track: (production: Promise<void>) => unknown;
  readonly onError: (error: unknown) => void;
}

/**
 * Streams that outlive their pod, for one process: starts them, lets readers come back to them, and goes on
 * with those whose producer is gone. What it produces and what it reads is the caller's business.
 */
export class ResumableStreamService {
  /** All, also those in whose place another replica has begun anew. */
  readonly #producing = new Set<ManagedProducer>();
  readonly #productions = new Map<string, ManagedProducer>();
  readonly #registry: ProducerRegistry;
  #handedOff: Promise<number> | undefined;

  constructor(
    private readonly streams: StreamProducers,
    private readonly options: ResumableStreamServiceOptions,
  ) {
    this.#registry = {
      clock: options.clock,
      interval: Math.max(100, streams.lease * 250),
      local: (id, incarnation) => this.#local(id, incarnation),
      takeOver: (id, incarnation) => this.#takeOver(id, incarnation),
    };
  }

  get handOff(): HandOff | undefined {
    const when = this.options.handOff;
    return when && { when, release: () => this.releaseAll() };
  }

  /** Hands off everything this process produces. Nothing is taken over from here on. Resolves with how many were released. */
  releaseAll(): Promise<number> {
    this.#handedOff ??= this.streams.handOff();
    return this.#handedOff;
  }

  /** Streams without a reader end soon from now on; see `endsUnread`. */
  endUnread(): void {
    for (const production of this.#producing) production.reviewGrace();
  }

  /** An id for `start`, if it has to be known before. */
  newId(prefix?: string): Promise<string> {
    return this.streams.store.newId(prefix);
  }

  start(order: StartRequest): Promise<OpenedStream> {
    if (!(order.grace >= 0)) {
      throw new InvalidResumeOptionsError(
        `\`grace\` is ${order.grace}; set the seconds after which a stream without readers pauses.`,
      );
    }
    // Nothing would hand it off, or end it.
    if (this.#handedOff || this.options.deadline.aborted)
      return Promise.resolve({ outcome: 'leaving' });
    return this.#asked(async () => {
      const started = await this.streams.start({ ...order, request: toLogged(order) });
      if (started.outcome !== 'started') return started;
      const { producer } = started;
      const { principal } = order;
      const opened = await this.#openWith(producer, { id: producer.id, principal, after: -1 });
      if (opened.outcome !== 'open') return opened;
      const { reader } = opened;
      if (reader.head.epoch !== producer.epoch) {
        // Deleted meanwhile, and begun anew by another replica: what follows answers another request.
        void producer.release().catch(this.options.onError);
        return { outcome: 'gone' };
      }
      return this.#follow(reader, this.#produce(producer, reader.head.incarnation, order));
    });
  }

  /** A reader behind event `after`; a stream whose producer is gone goes on here. */
  resume(request: ReadRequest): Promise<OpenedStream> {
    const { id, principal } = request;
    return this.#asked(async () => {
      const found = await findStream(this.streams.store, id, principal);
      if (found.outcome !== 'found') return found;
      const { lapsed, incarnation } = found.head;
      const taken =
        lapsed && !this.#local(id, incarnation) ? await this.#takeOver(id, incarnation) : undefined;
      if (taken === 'leaving') return { outcome: taken };
      if (taken === 'exhausted') return { outcome: 'unavailable' };
      const production = typeof taken === 'string' ? undefined : taken;
      // What was taken over may have begun anew meanwhile: another handler's stream.
      const life = request.incarnation ?? (production && incarnation);
      const opened = await this.#openWith(production, { ...request, incarnation: life });
      return opened.outcome === 'open' ? this.#follow(opened.reader, production) : opened;
    });
  }

  /** What a reader behind event `after` would find. Nothing is written, and nothing taken over. */
  peek(request: ReadRequest): Promise<Peeked> {
    return this.#asked(async () => {
      const opened = await openReader(this.streams.store, request);
      if (opened.outcome !== 'open') return opened;
      const { head, left, first } = opened.reader;
      const isLost = head.lapsed && !this.#local(head.id, head.incarnation);
      if (isLost && this.options.isLeaving()) return { outcome: 'leaving' };
      const { incarnation } = head;
      const { request: started } = fromLogged(head.request);
      return { outcome: 'found', incarnation, request: started, left, first };
    });
  }

  /** At most `limit` events behind event `after`. Nothing is written, and nothing taken over. */
  page(
    { id, principal, after, epoch }: ReadRequest,
    limit: number,
  ): Promise<StreamPage | ReadRefused | { readonly outcome: 'unavailable' }> {
    return this.#asked(async () => {
      const found = await findStream(this.streams.store, id, principal);
      if (found.outcome !== 'found') return found;
      const { head } = found;
      if (!isPlaceIn(head, after)) return { outcome: 'ahead', next: head.next };
      return this.streams.store.read(id, after, limit, epoch);
    });
  }

  /** As `ResumeStore.tail`, for a principal that has got a page. Nothing is taken over. */
  tail(
    { id, after, epoch }: Omit<ReadRequest, 'principal'>,
    signal: AbortSignal,
  ): AsyncIterable<StreamPage> {
    return this.streams.store.tail(id, after, signal, epoch);
  }

  /** What is known of a stream, as `findStream`. */
  async find(id: string, principal: string): Promise<Found | Absent> {
    const found = await findStream(this.streams.store, id, principal);
    if (found.outcome !== 'found') return found;
    return { ...found, head: withoutTerms(found.head) };
  }

  /** Every event logged so far, or why it cannot be read. */
  async logged(
    id: string,
  ): Promise<{ readonly outcome: 'logged'; readonly payloads: readonly string[] } | ReadRefused> {
    const payloads: string[] = [];
    let epoch: number | undefined;
    for (;;) {
      const page = await this.streams.store.read(id, payloads.length - 1, 256, epoch);
      if (page.outcome !== 'page') return page;
      payloads.push(...page.events.map((event) => event.payload));
      epoch = page.events.at(-1)?.epoch ?? epoch;
      if (payloads.length >= page.next) return { outcome: 'logged', payloads };
    }
  }

  /** Asks the stream's producer to cancel it: at once here, within a third of the lease elsewhere. */
  cancel(
    id: string,
    principal: string,
  ): Promise<CancelRequest | { readonly outcome: 'unavailable' }> {
    return this.#asked(async () => {
      const found = await findStream(this.streams.store, id, principal);
      if (found.outcome !== 'found') return found;
      const production = this.#local(id, found.head.incarnation);
      const requested = await this.streams.store.requestCancel(id);
      production?.cancel();
      return requested;
    });
  }

  /**
   * Forgets the stream. What this replica produces of it is cancelled; another one stops at its next write.
   * @param life the incarnation that is meant; `gone` if the id names another stream by now. Default: the present one.
   */
  delete(
    id: string,
    principal: string,
    life?: string,
  ): Promise<Deletion | { readonly outcome: 'unavailable' }> {
    return this.#asked(async () => {
      const found = await findStream(this.streams.store, id, principal);
      if (found.outcome !== 'found') return found;
      // Not afterwards: by then the id may name a new stream.
      const incarnation = life ?? found.head.incarnation;
      const production = this.#local(id, incarnation);
      const deleted = await this.streams.store.delete(id, incarnation);
      production?.cancel();
      return deleted;
    });
  }

  /** A reader, or why not: then the stream that this replica has just got to produce is given up. */
  async #openWith(
    production: Pick<ResumableProducer, 'release'> | undefined,
    request: ReadRequest,
  ): Promise<OpenedReader> {
    const giveUp = () => void production?.release().catch(this.options.onError);
    const opened = await openReader(this.streams.store, request).catch((error: unknown) => {
      giveUp();
      throw error;
    });
    if (opened.outcome !== 'open') giveUp();
    return opened;
  }

  #follow(reader: ResumableReader, production: ManagedProducer | undefined): OpenedStream {
    const started = fromLogged(reader.head.request).request;
    const stream = new FollowingReader(reader, started, production, this.#registry);
    return { outcome: 'open', stream };
  }

  /** Of this life of the log: a stream that was deleted may have begun anew under the same id. */
  #local(id: string, incarnation: string): ManagedProducer | undefined {
    const production = this.#productions.get(id);
    return production?.incarnation === incarnation ? production : undefined;
  }

  async #takeOver(
    id: string,
    incarnation: string,
  ): Promise<ManagedProducer | Exclude<Finding, 'here'>> {
    if (this.options.isLeaving()) {
      const found = await this.streams.store.head(id);
      if (found.outcome !== 'found' || found.head.closed) return 'over';
      return found.head.lapsed ? 'leaving' : 'elsewhere';
    }
    const taken = await this.streams.takeOver(id);
    if (taken.outcome === 'exhausted') return 'exhausted';
    if (taken.outcome !== 'takenOver') {
      return taken.outcome === 'held' || taken.outcome === 'handingOff' ? 'elsewhere' : 'over';
    }
    const { head, producer, isExhausted } = taken;
    if (head.incarnation === incarnation) {
      return this.#produce(producer, incarnation, fromLogged(head.request), isExhausted);
    }
    // Another stream under this id: its own readers make it go on.
    await producer.release();
    return 'over';
  }

  #produce(
    producer: ResumableProducer,
    incarnation: string,
    { background, grace }: UnreadPolicy,
    isExhausted = false,
  ): ManagedProducer {
    const { clock, endsUnread = () => false, onError, track } = this.options;
    const production = new ManagedProducer(producer, {
      background,
      grace,
      incarnation,
      isExhausted,
      clock,
      endsUnread,
      onError,
    });
    const { id } = producer;
    this.#productions.set(id, production);
    this.#producing.add(production);
    this.#endAtDeadline(production);
    void production.ended.then(() => {
      this.#producing.delete(production);
      if (this.#productions.get(id) === production) this.#productions.delete(id);
      if (this.#producing.size === 0) this.#forgetDeadline();
    });
    track(production.ended);
    return production;
  }

  /** With one listener for all, which is added once: taking one of thousands off a signal is a search. */
  #endAtDeadline(production: ManagedProducer): void {
    const { deadline, handOff } = this.options;
    if (handOff) return;
    if (deadline.aborted) production.interrupt(deadline.reason as Error);
    else deadline.addEventListener('abort', this.#onDeadline);
  }

  #forgetDeadline(): void {
    this.options.deadline.removeEventListener('abort', this.#onDeadline);
  }

  readonly #onDeadline = (): void => {
    for (const production of this.#producing) this.#endAtDeadline(production);
  };

  /** @throws what the store throws unless it only cannot be asked now. */
  async #asked<T>(question: () => Promise<T>): Promise<T | { readonly outcome: 'unavailable' }> {
    try {
      return await question();
    } catch (error) {
      this.options.onError(error);
      if (!(error instanceof StoreUnavailableError)) throw error;
      return { outcome: 'unavailable' };
    }
  }
}

function withoutTerms(head: StreamHead): StreamHead {
  return { ...head, request: fromLogged(head.request).request };
}
