import type { Clock } from './clock.js';
import type {
  Attended,
  HandOff,
  HandOffTime,
  UnreadPolicy,
  StartRequest,
  Resumption,
} from './resumption.js';
import { FollowingReader, type Finding, type ProducerRegistry } from './attended-reader.js';
import type { CancelRequest, StreamHead } from './store.js';
import { ManagedProducer } from './production.js';
import { findStream, openReader } from './resumable-reader.js';
import type { ResumableProducer } from './resumable-producer.js';
import type { StreamProducers } from './resumable-streams.js';

export interface LoggedStart extends UnreadPolicy {
  readonly request: string;
}

/** How a stream's request is logged: with the terms, which have to hold for whoever takes it over. */
export function toLogged({ background, grace, request }: LoggedStart): string {
  return JSON.stringify({ background, grace, request });
}

export function fromLogged(text: string): LoggedStart {
  return JSON.parse(text) as LoggedStart;
}

export interface ResumableStreamServiceOptions {
  readonly clock: Clock;
  /** Seconds; a lost producer is noticed within a quarter more. */
  readonly lease: number;
  /** Undefined if no other replica goes on with this one's streams. */
  readonly handOff: HandOffTime | undefined;
  /** Whether this process shuts down: it then takes nothing over. */
  readonly isLeaving: () => boolean;
  /** Aborts at the deadline of the drain. */
  readonly deadline: AbortSignal;
  /** Told of every production, so that the drain waits for it. */
  readonly track: (production: Promise<void>) => unknown;
  readonly onError: (error: unknown) => void;
}

/**
 * Streams that outlive their pod, for one process: starts them, lets readers come back to them, and goes on
 * with those whose producer is gone. What it produces and what it reads is the caller's business.
 */
export class ResumableStreamService implements Resumption {
  readonly #productions = new Map<string, ManagedProducer>();
  readonly #desk: ProducerRegistry;
  #handedOff: Promise<number> | undefined;

  constructor(
    private readonly streams: StreamProducers,
    private readonly options: ResumableStreamServiceOptions,
  ) {
    this.#desk = {
      clock: options.clock,
      interval: Math.max(100, options.lease * 250),
      local: (id) => this.#productions.get(id),
      takeOver: (id) => this.#takeOver(id),
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

  /** An id for `start`, if it has to be known before. */
  newId(prefix?: string): Promise<string> {
    return this.streams.store.newId(prefix);
  }

  start(order: StartRequest & { readonly id?: string }): Promise<Attended> {
    return this.#asked(async () => {
      const started = await this.streams.start({ ...order, request: toLogged(order) });
      if (started.outcome !== 'started') {
        // An id of 128 random bits that is taken: the store does not work.
        return { outcome: started.outcome === 'exists' ? 'unavailable' : started.outcome };
      }
      const { producer } = started;
      const production = this.#produce(producer, order);
      return this.#attend(producer.id, order.principal, -1, production);
    });
  }

  resume(id: string, principal: string, after: number): Promise<Attended> {
    return this.#asked(async () => {
      const found = await findStream(this.streams.store, id, principal);
      if (found.outcome !== 'found') return found;
      if (!found.head.lapsed || this.#productions.has(id)) {
        return this.#attend(id, principal, after, undefined);
      }
      const taken = await this.#takeOver(id);
      if (taken === 'leaving') return { outcome: taken };
      return this.#attend(id, principal, after, typeof taken === 'string' ? undefined : taken);
    });
  }

  /** What is known of a stream, as `findStream`. */
  async find(id: string, principal: string) {
    const found = await findStream(this.streams.store, id, principal);
    if (found.outcome !== 'found') return found;
    return { ...found, head: withoutTerms(found.head) };
  }

  /** Every event logged so far. */
  async logged(id: string): Promise<string[]> {
    const payloads: string[] = [];
    for (;;) {
      const page = await this.streams.store.read(id, payloads.length - 1, 256);
      if (page.outcome !== 'page') return payloads;
      payloads.push(...page.events.map((event) => event.payload));
      if (payloads.length >= page.next) return payloads;
    }
  }

  /** Asks whoever produces the stream to cancel it: at once here, within a third of the lease elsewhere. */
  async cancel(id: string, principal: string): Promise<CancelRequest> {
    const found = await findStream(this.streams.store, id, principal);
    if (found.outcome === 'ahead') return { outcome: 'unknown' };
    if (found.outcome !== 'found') return found;
    const requested = await this.streams.store.requestCancel(id);
    this.#productions.get(id)?.cancel();
    return requested;
  }

  async #attend(
    id: string,
    principal: string,
    after: number,
    production: ManagedProducer | undefined,
  ): Promise<Attended> {
    const opened = await openReader(this.streams.store, { id, principal, after }).catch(
      (error: unknown) => {
        void production?.release();
        throw error;
      },
    );
    if (opened.outcome !== 'open') {
      void production?.release();
      return opened;
    }
    const { request } = withoutTerms(opened.reader.head);
    const stream = new FollowingReader(opened.reader, request, after, production, this.#desk);
    return { outcome: 'open', stream };
  }

  async #takeOver(id: string): Promise<ManagedProducer | Exclude<Finding, 'here'>> {
    if (this.options.isLeaving()) {
      const found = await this.streams.store.head(id);
      return found.outcome === 'found' && found.head.lapsed ? 'leaving' : 'elsewhere';
    }
    const taken = await this.streams.takeOver(id);
    if (taken.outcome === 'takenOver') {
      return this.#produce(taken.producer, fromLogged(taken.head.request));
    }
    return taken.outcome === 'held' || taken.outcome === 'handingOff' ? 'elsewhere' : 'over';
  }

  #produce(
    producer: ResumableProducer,
    terms: Pick<StartRequest, 'background' | 'grace'>,
  ): ManagedProducer {
    const { clock, deadline, onError, track } = this.options;
    const production = new ManagedProducer(producer, {
      background: terms.background,
      grace: terms.grace,
      clock,
      deadline: this.options.handOff ? undefined : deadline,
      onError,
    });
    this.#productions.set(producer.id, production);
    void production.ended.then(() => this.#productions.delete(producer.id));
    track(production.ended);
    return production;
  }

  /** A store throws only if it cannot be asked. */
  async #asked(question: () => Promise<Attended>): Promise<Attended> {
    try {
      return await question();
    } catch (error) {
      this.options.onError(error);
      return { outcome: 'unavailable' };
    }
  }
}

function withoutTerms(head: StreamHead): StreamHead {
  return { ...head, request: fromLogged(head.request).request };
}
