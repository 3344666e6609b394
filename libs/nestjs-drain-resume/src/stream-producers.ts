import { type Clock, systemClock } from './clock.js';
import { duration, InvalidResumeOptionsError, positive, withMethods } from './options.js';
import { randomHex } from './identifier.js';
import { LeaseKeeper } from './lease-keeper.js';
import type { ClaimRefused, CreateRefused, ResumeStore, StreamHead } from './store.js';
import { defaultPendingBytes } from './backlog.js';
import { type ProducerSurroundings, ResumableProducer } from './producer.js';

/** All times in seconds; fractions are fine. */
export interface StreamProducersOptions {
  store: ResumeStore;
  /** This process among all that share the store. Default: random, as a restarted process is another one. */
  owner?: string;
  /** How long a replica may be silent before its streams are taken over. Default 5. */
  lease?: number;
  /** How long a stream can be resumed after its last event. Default 600. */
  ttl?: number;
  /** How long production waits for a store that cannot be asked. Default 30. */
  storeTimeout?: number;
  /** Bytes of one stream's events that may wait for the store. Default 8 MiB. */
  maxPendingBytes?: number;
  /**
   * How many replicas in a row may take a stream over and fall silent before they log an event. The next one ends it
   * with an error. Default 3.
   */
  maxAttempts?: number;
  clock?: Clock;
  /** A lease the store did not renew, a stream it did not release. Both are retried or lapse. */
  onError?: (error: unknown) => void;
}

export interface NewStreamRequest {
  /** From the store's `newId`, if it has to be known before. */
  readonly id?: string;
  /** What the id begins with otherwise, for example `resp_`. */
  readonly idPrefix?: string;
  readonly principal: string;
  readonly request: string;
  /** Seconds for which this stream can be resumed after its last event. Default: as all of this process. */
  readonly ttl?: number | undefined;
}

export type Started =
  { readonly outcome: 'started'; readonly producer: ResumableProducer } | CreateRefused;

export type TakenOver =
  | {
      readonly outcome: 'takenOver';
      readonly producer: ResumableProducer;
      readonly head: StreamHead;
      /** Too many replicas tried before, and none logged an event: end it with `fail`. */
      readonly isExhausted: boolean;
    }
  | ClaimRefused
  /**
   * `handingOff`: this process hands its streams off and takes none. `exhausted`: not even its failure could be logged, so
   * it is not tried again.
   */
  | { readonly outcome: 'handingOff' | 'exhausted' };

/** The streams this process produces: starts them, takes over those of lost replicas, hands its own off. */
export class StreamProducers {
  readonly owner: string;
  /** By id and epoch, which no two of them share. */
  readonly #producers = new Map<string, ResumableProducer>();
  readonly #surroundings: ProducerSurroundings;
  readonly #lease: number;
  readonly #ttl: number;
  readonly #maxAttempts: number;
  readonly #onError: (error: unknown) => void;
  #handingOff = false;

  /** @throws InvalidResumeOptionsError for times that cannot work together. */
  constructor(options: StreamProducersOptions) {
    const { store, clock = systemClock, onError = () => undefined } = options;
    withMethods(
      'store',
      store,
      'a MemoryResumeStore or a RedisResumeStore',
      'create',
      'append',
      'read',
    );
    this.owner = options.owner ?? randomHex(16);
    this.#lease = positive('lease', options.lease ?? 5);
    this.#ttl = positive('ttl', options.ttl ?? 600);
    this.#maxAttempts = positive('maxAttempts', options.maxAttempts ?? 3);
    this.#onError = onError;
    longerThanLease(this.#ttl, this.#lease);
    this.#surroundings = {
      store,
      clock,
      keeper: new LeaseKeeper(store, { lease: this.#lease, clock, onError }),
      storeTimeout: duration('storeTimeout', options.storeTimeout ?? 30),
      maxPendingBytes: positive('maxPendingBytes', options.maxPendingBytes ?? defaultPendingBytes),
    };
  }

  /** Seconds. */
  get lease(): number {
    return this.#lease;
  }

  get store(): ResumeStore {
    return this.#surroundings.store;
  }

  /** How many streams this process produces. */
  get size(): number {
    return this.#producers.size;
  }

  /**
   * Opens a log and returns who writes it, or why the store keeps no more streams.
   * @throws what the store throws if it cannot be asked; InvalidResumeOptionsError for a `ttl` that cannot work.
   */
  async start({ idPrefix, principal, request, ...order }: NewStreamRequest): Promise<Started> {
    const id = order.id ?? (await this.store.newId(idPrefix));
    const ttl = order.ttl ?? this.#ttl;
    longerThanLease(ttl, this.#lease);
    const created = await this.store.create({
      id,
      owner: this.owner,
      principal,
      request,
      lease: this.#lease,
      ttl,
    });
    if (created.outcome !== 'created') return created;
    // The store takes it for one call that was repeated: two producers would mix their events.
    if (this.#producers.has(nameOf(id, created.epoch))) return { outcome: 'exists' };
    return { outcome: 'started', producer: this.#produce(id, created.epoch, 0) };
  }

  /** Continues a stream whose producer is gone; `head` says what was asked for and where to go on. Throws as `start`. */
  async takeOver(id: string): Promise<TakenOver> {
    if (this.#handingOff) return { outcome: 'handingOff' };
    const claimed = await this.store.claim(id, this.owner);
    if (claimed.outcome !== 'claimed') return claimed;
    const { head } = claimed;
    const producer = this.#produce(id, head.epoch, head.next);
    if (head.cancelRequested) producer.cancel();
    const isExhausted = head.attempts > this.#maxAttempts;
    // The one that was to log its failure fell silent, too: the store takes no event of this stream.
    if (head.attempts > this.#maxAttempts + 1) {
      await producer.release().catch(this.#onError);
      return { outcome: 'exhausted' };
    }
    return { outcome: 'takenOver', producer, head, isExhausted };
  }

  /**
   * Releases every stream this process still produces, so that others continue them now, not when their
   * leases lapse. From here on nothing is taken over. Resolves with how many were released.
   */
  async handOff(): Promise<number> {
    this.#handingOff = true;
    const producers = [...this.#producers.values()];
    const released = await Promise.allSettled(producers.map((producer) => producer.release()));
    for (const result of released) if (result.status === 'rejected') this.#onError(result.reason);
    return released.filter((result) => result.status === 'fulfilled').length;
  }

  #produce(id: string, epoch: number, next: number): ResumableProducer {
    const producer = new ResumableProducer(id, epoch, next, this.#surroundings);
    const name = nameOf(id, epoch);
    this.#producers.set(name, producer);
    void producer.ended.then(() => this.#producers.delete(name));
    return producer;
  }
}

const nameOf = (id: string, epoch: number): string => `${id}:${epoch}`;

/** @throws InvalidResumeOptionsError */
function longerThanLease(ttl: number, lease: number): void {
  if (positive('ttl', ttl) > lease) return;
  throw new InvalidResumeOptionsError(
    `\`ttl\` (${ttl} s) has to be longer than \`lease\` (${lease} s), or streams vanish before a replica can take them over.`,
  );
}
