import type { Clock } from './clock.js';
import type {
  Appended,
  AppendRefused,
  CreateRefused,
  NewStream,
  StreamEvent,
  StreamHead,
  StreamPage,
} from './store.js';
import { positive } from './options.js';

/** Bytes by which a terminal event may pass every limit: a stream that grew too large must still end. */
export const terminalAllowance = 65_536;

/** One stream of the memory store. Times are the clock's milliseconds. */
export class MemoryLog {
  owner: string | undefined;
  closed = false;
  cancelRequested = false;
  bytes = 0;
  leaseEnd = 0;
  expiry = 0;
  attempts = 0;
  readonly watchers = new Set<() => void>();
  readonly #events: StreamEvent[] = [];

  constructor(
    readonly stream: NewStream,
    public epoch: number,
    readonly incarnation: string,
    now: number,
  ) {
    this.bytes = Buffer.byteLength(stream.request);
    this.owner = stream.owner;
    this.extend(now);
  }

  get next(): number {
    return this.#events.length;
  }

  /** A new owner, or none. One that follows an owner who fell silent is another attempt. */
  own(owner: string | undefined, epoch: number, now: number): void {
    if (owner !== undefined && this.owner !== undefined) this.attempts += 1;
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
    const { owner, epoch, next, closed, cancelRequested, attempts, incarnation } = this;
    const state = { owner, epoch, next, closed, cancelRequested, attempts, incarnation };
    return { id, principal, request, ...state, lapsed: this.isLapsed(now) };
  }

  page(after: number, limit: number): StreamPage {
    const events = this.#events.slice(after + 1, after + 1 + limit);
    const { next, closed, incarnation } = this;
    return { outcome: 'page', events, next, closed, incarnation };
  }

  /** Whether event `sequence` was appended by the owner of that epoch. */
  isOf(sequence: number, epoch: number): boolean {
    return this.#events[sequence]?.epoch === epoch;
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
    const { epoch } = this;
    for (const payload of events) this.#events.push({ sequence: this.next, payload, epoch });
    if (events.length > 0) this.attempts = 0;
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
  /** Of all retained streams of one principal. Default half of `maxBytes`. */
  readonly maxBytesPerPrincipal: number;
}

const defaultBounds: Omit<MemoryBounds, 'maxBytesPerPrincipal'> = {
  maxBytes: 64 * 1024 * 1024,
  maxStreamBytes: 8 * 1024 * 1024,
  maxStreams: 10_000,
  maxStreamsPerPrincipal: 1_000,
};

const sweepInterval = 1000;

/** What one principal keeps. */
interface Share {
  streams: number;
  bytes: number;
}

/** The logs of the memory store: which are kept, and which have to leave for others. */
export class RetainedLogs {
  readonly bounds: MemoryBounds;
  /** In the order of creation. */
  readonly #logs = new Map<string, MemoryLog>();
  readonly #shares = new Map<string, Share>();
  #bytes = 0;
  #nextSweep = 0;

  constructor(
    private readonly clock: Clock,
    bounds: Partial<MemoryBounds>,
  ) {
    const given = { ...defaultBounds, ...bounds };
    this.bounds = { maxBytesPerPrincipal: given.maxBytes / 2, ...given };
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
    const { id, principal } = log.stream;
    if (this.clock.now() >= this.#nextSweep) this.#sweep();
    if (!this.#hasPlaceFor(log)) this.#sweep();
    if (!this.#hasPlaceFor(log)) return { outcome: 'tooMany' };
    if (!this.#fitsShare(log, log.bytes)) return { outcome: 'tooMany' };
    const isFull = this.#logs.size >= this.bounds.maxStreams;
    if (isFull && !this.#dropOldestClosed()) return { outcome: 'full' };
    if (!this.#makeRoom(log.bytes)) return { outcome: 'full' };
    const { streams, bytes } = this.#shareOf(principal);
    this.#shares.set(principal, { streams: streams + 1, bytes: bytes + log.bytes });
    this.#bytes += log.bytes;
    this.#logs.set(id, log);
    return undefined;
  }

  /**
   * Makes room for so many bytes more of a log, at the cost of closed streams, its principal's own first; false
   * if there is none. A `terminal` event always has room.
   */
  reserve(log: MemoryLog, bytes: number, terminal: boolean): boolean {
    const hasRoom = this.#fitsShare(log, bytes) && this.#makeRoom(bytes);
    if (!hasRoom && !terminal) return false;
    const share = this.#shares.get(log.stream.principal);
    if (share) share.bytes += bytes;
    this.#bytes += bytes;
    return true;
  }

  delete(log: MemoryLog): void {
    this.#drop(log);
  }

  watch(id: string, wake: () => void): () => void {
    const log = this.find(id);
    log?.watchers.add(wake);
    return () => log?.watchers.delete(wake);
  }

  #shareOf(principal: string): Readonly<Share> {
    return this.#shares.get(principal) ?? { streams: 0, bytes: 0 };
  }

  #hasPlaceFor({ stream }: MemoryLog): boolean {
    return this.#shareOf(stream.principal).streams < this.bounds.maxStreamsPerPrincipal;
  }

  #fitsShare({ stream: { principal } }: MemoryLog, bytes: number): boolean {
    while (this.#shareOf(principal).bytes + bytes > this.bounds.maxBytesPerPrincipal) {
      if (!this.#dropOldestClosed(principal)) return false;
    }
    return true;
  }

  #makeRoom(bytes: number): boolean {
    while (this.#bytes + bytes > this.bounds.maxBytes) if (!this.#dropOldestClosed()) return false;
    return true;
  }

  #sweep(): void {
    const now = this.clock.now();
    this.#nextSweep = now + sweepInterval;
    for (const log of this.#logs.values()) if (log.expiry <= now) this.#drop(log);
  }

  /** @param principal whose; undefined for anyone's */
  #dropOldestClosed(principal?: string): boolean {
    for (const log of this.#logs.values()) {
      const isTheirs = principal === undefined || log.stream.principal === principal;
      if (!log.closed || !isTheirs) continue;
      this.#drop(log);
      return true;
    }
    return false;
  }

  /** Wakes its readers, which find that it is not there. */
  #drop(log: MemoryLog): void {
    const { id, principal } = log.stream;
    this.#logs.delete(id);
    this.#bytes -= log.bytes;
    const share = this.#shares.get(principal);
    if (share) {
      share.streams -= 1;
      share.bytes -= log.bytes;
      if (share.streams === 0) this.#shares.delete(principal);
    }
    log.wake();
  }
}
