import type { Clock } from './clock.js';
import type {
  Appended,
  AppendRefused,
  CreateRefused,
  NewStream,
  StreamHead,
  StreamPage,
} from './store.js';
import { positive } from './errors.js';

/** A terminal event may pass the limit by so many bytes: a stream that grew too large must still end. */
export const terminalAllowance = 65_536;

/** One stream of the memory store. Times are the clock's milliseconds. */
export class MemoryLog {
  owner: string | undefined;
  closed = false;
  cancelRequested = false;
  bytes = 0;
  leaseEnd = 0;
  expiry = 0;
  readonly watchers = new Set<() => void>();
  readonly #events: string[] = [];

  constructor(
    readonly stream: NewStream,
    public epoch: number,
    private readonly incarnation: string,
    now: number,
  ) {
    this.bytes = Buffer.byteLength(stream.request);
    this.own(stream.owner, epoch, now);
  }

  get next(): number {
    return this.#events.length;
  }

  own(owner: string | undefined, epoch: number, now: number): void {
    this.owner = owner;
    this.epoch = epoch;
    this.extend(now);
    if (owner === undefined) this.leaseEnd = Number.NEGATIVE_INFINITY;
  }

  extend(now: number): void {
    this.leaseEnd = now + this.stream.lease * 1000;
    this.expiry = now + this.stream.ttl * 1000;
  }

  isLapsed(now: number): boolean {
    return !this.closed && this.leaseEnd <= now;
  }

  head(now: number): StreamHead {
    const { id, principal, request } = this.stream;
    const { owner, epoch, next, closed, cancelRequested, incarnation } = this;
    const lapsed = this.isLapsed(now);
    return {
      id,
      principal,
      request,
      owner,
      epoch,
      next,
      closed,
      cancelRequested,
      lapsed,
      incarnation,
    };
  }

  page(after: number, limit: number): StreamPage {
    const events = this.#events
      .slice(after + 1, after + 1 + limit)
      .map((payload, index) => ({ sequence: after + 1 + index, payload }));
    const { next, closed, incarnation } = this;
    return { outcome: 'page', events, next, closed, incarnation };
  }

  /** What of a batch is still to be logged, or why nothing of it will be. */
  remainder(
    epoch: number,
    first: number,
    events: readonly string[],
    terminal: boolean,
  ): { readonly outcome: 'news'; readonly events: readonly string[] } | Appended | AppendRefused {
    if (epoch !== this.epoch) return { outcome: 'fenced' };
    const logged = this.next - first;
    const repeated = logged >= events.length && (!terminal || this.closed);
    if (repeated) return this.appended();
    if (this.closed) return { outcome: 'closed' };
    // A terminal event in the middle of the log contradicts it as much as one behind its end.
    if (logged < 0 || logged > events.length) return { outcome: 'gapped', next: this.next };
    return { outcome: 'news', events: events.slice(logged) };
  }

  log(events: readonly string[], bytes: number, terminal: boolean, now: number): Appended {
    this.#events.push(...events);
    this.bytes += bytes;
    this.closed = terminal;
    this.extend(now);
    this.wake();
    return this.appended();
  }

  wake(): void {
    for (const wake of [...this.watchers]) wake();
  }

  private appended(): Appended {
    return { outcome: 'appended', next: this.next, cancelRequested: this.cancelRequested };
  }
}

/** What the memory store may hold, expired streams not counted. Bytes are UTF-8 bytes of payloads and requests. */
export interface MemoryBounds {
  /** Of all streams together. Default 64 MiB. */
  readonly maxBytes: number;
  /** Of one stream; a terminal event may pass it by 64 KiB. Default 8 MiB. */
  readonly maxStreamBytes: number;
  /** Default 10 000. */
  readonly maxStreams: number;
  /** Retained streams of one principal, open or closed. Default 1 000. */
  readonly maxStreamsPerPrincipal: number;
}

export const defaultBounds: MemoryBounds = {
  maxBytes: 64 * 1024 * 1024,
  maxStreamBytes: 8 * 1024 * 1024,
  maxStreams: 10_000,
  maxStreamsPerPrincipal: 1_000,
};

const sweepInterval = 1000;

/** The logs of the memory store: which are kept, and which have to leave for others. */
export class RetainedLogs {
  readonly bounds: MemoryBounds;
  /** In the order of creation. */
  readonly #logs = new Map<string, MemoryLog>();
  readonly #retained = new Map<string, number>();
  #bytes = 0;
  #nextSweep = 0;

  constructor(
    private readonly clock: Clock,
    bounds: Partial<MemoryBounds>,
  ) {
    this.bounds = { ...defaultBounds, ...bounds };
    for (const [name, bound] of Object.entries(this.bounds)) positive(name, bound as number);
  }

  find(id: string): MemoryLog | undefined {
    const log = this.#logs.get(id);
    if (!log || log.expiry > this.clock.now()) return log;
    this.#drop(log);
    return undefined;
  }

  all(): MemoryLog[] {
    this.#sweep();
    return [...this.#logs.values()];
  }

  /** Keeps a new log, or says which bound it would break. */
  add(log: MemoryLog): CreateRefused | undefined {
    const { maxStreams, maxStreamsPerPrincipal } = this.bounds;
    const { id, principal } = log.stream;
    if (this.clock.now() >= this.#nextSweep) this.#sweep();
    if (this.#count(principal) >= maxStreamsPerPrincipal) this.#sweep();
    if (this.#count(principal) >= maxStreamsPerPrincipal) return { outcome: 'tooMany' };
    if (this.#logs.size >= maxStreams && !this.#dropOldestClosed()) return { outcome: 'full' };
    if (!this.reserve(log.bytes)) return { outcome: 'full' };
    this.#logs.set(id, log);
    this.#retained.set(principal, this.#count(principal) + 1);
    return undefined;
  }

  /** Makes room for so many bytes more, at the cost of closed streams; false if there is none. */
  reserve(bytes: number): boolean {
    while (this.#bytes + bytes > this.bounds.maxBytes) {
      if (!this.#dropOldestClosed()) return false;
    }
    this.#bytes += bytes;
    return true;
  }

  watch(id: string, wake: () => void): () => void {
    const log = this.find(id);
    log?.watchers.add(wake);
    return () => log?.watchers.delete(wake);
  }

  #count(principal: string): number {
    return this.#retained.get(principal) ?? 0;
  }

  #sweep(): void {
    const now = this.clock.now();
    this.#nextSweep = now + sweepInterval;
    for (const log of this.#logs.values()) if (log.expiry <= now) this.#drop(log);
  }

  #dropOldestClosed(): boolean {
    for (const log of this.#logs.values()) {
      if (!log.closed) continue;
      this.#drop(log);
      return true;
    }
    return false;
  }

  #drop(log: MemoryLog): void {
    const { id, principal } = log.stream;
    this.#logs.delete(id);
    this.#bytes -= log.bytes;
    const left = this.#count(principal) - 1;
    if (left > 0) this.#retained.set(principal, left);
    else this.#retained.delete(principal);
    log.wake();
  }
}
