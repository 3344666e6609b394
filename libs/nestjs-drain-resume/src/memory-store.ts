import { type Clock, systemClock } from './clock.js';
import { absence, newIncarnation, newStreamId } from './identifier.js';
import { type MemoryBounds, MemoryLog, RetainedLogs, terminalAllowance } from './memory-log.js';
import type {
  Absent,
  Appended,
  AppendRefused,
  CancelRequest,
  Claimed,
  ClaimRefused,
  Created,
  CreateRefused,
  Deletion,
  Found,
  LeaseRefused,
  NewStream,
  ReadRefused,
  Released,
  Renewed,
  ResumeStore,
  StreamPage,
} from './store.js';
import { tailByReading, type TailSource } from './tail.js';
import { refuseUnknown } from './options.js';

const boundNames: readonly (keyof MemoryBounds)[] = [
  ...(['maxBytes', 'maxStreamBytes', 'maxStreams'] as const),
  ...(['maxStreamsPerPrincipal', 'maxBytesPerPrincipal'] as const),
];

export interface MemoryStoreOptions extends Partial<MemoryBounds> {
  clock?: Clock;
}

/**
 * Keeps logs in this process: for one replica, for tests and for a first try. **A restart loses every
 * stream** (readers get `gone`), and no other replica sees them.
 *
 * A stream is dropped `ttl` after its last sign of life. When the store is full, closed streams are
 * dropped before that, oldest first; if that is not enough, it refuses new ones.
 */
export class MemoryResumeStore implements ResumeStore {
  readonly shared = false;
  readonly #logs: RetainedLogs;
  readonly #clock: Clock;
  readonly #incarnation = newIncarnation();
  #lastEpoch = 0;

  /** @throws InvalidResumeOptionsError for bounds that are not above 0. */
  constructor({ clock = systemClock, ...bounds }: MemoryStoreOptions = {}) {
    refuseUnknown('MemoryResumeStore', bounds, boundNames);
    this.#clock = clock;
    this.#logs = new RetainedLogs(clock, bounds);
  }

  newId(prefix?: string): Promise<string> {
    return Promise.resolve(newStreamId(this.#incarnation, prefix));
  }

  create(stream: NewStream): Promise<Created | CreateRefused> {
    return Promise.resolve(this.#create(stream));
  }

  #create(stream: NewStream): Created | CreateRefused {
    const present = this.#logs.find(stream.id);
    if (present) {
      const repeated = present.owner === stream.owner && present.next === 0 && !present.closed;
      return repeated ? { outcome: 'created', epoch: present.epoch } : { outcome: 'exists' };
    }
    const epoch = ++this.#lastEpoch;
    // An epoch is unique in this process, so it also names this life of the log.
    const incarnation = `${this.#incarnation}-${epoch}`;
    const log = new MemoryLog(stream, epoch, incarnation, this.#clock.now());
    return this.#logs.add(log) ?? { outcome: 'created', epoch };
  }

  append(
    id: string,
    epoch: number,
    first: number,
    events: readonly string[],
    terminal = false,
  ): Promise<Appended | AppendRefused> {
    return Promise.resolve(this.#append(id, epoch, first, events, terminal));
  }

  #append(
    id: string,
    epoch: number,
    first: number,
    events: readonly string[],
    terminal: boolean,
  ): Appended | AppendRefused {
    const log = this.#logs.find(id);
    if (!log) return { outcome: 'gone' };
    const remainder = log.remainder(epoch, first, events, terminal);
    if (remainder.outcome !== 'news') return remainder;
    const bytes = remainder.events.reduce((sum, event) => sum + Buffer.byteLength(event), 0);
    const limit = this.#logs.bounds.maxStreamBytes;
    const allowed = terminal ? Math.max(limit, log.bytes) + terminalAllowance : limit;
    if (log.bytes + bytes > allowed) return { outcome: 'tooLarge', limit };
    if (!this.#logs.reserve(log, bytes, terminal)) {
      return { outcome: 'tooLarge', limit: this.#logs.bounds.maxBytesPerPrincipal };
    }
    return log.log(remainder.events, bytes, terminal, this.#clock.now());
  }

  read(
    id: string,
    after: number,
    limit: number,
    epoch?: number,
  ): Promise<StreamPage | ReadRefused> {
    return Promise.resolve(this.#read(id, after, limit, epoch));
  }

  #read(id: string, after: number, limit: number, epoch?: number): StreamPage | ReadRefused {
    const log = this.#logs.find(id);
    if (!log) return this.#absent(id);
    if (after >= log.next) return { outcome: 'ahead', next: log.next };
    if (after >= 0 && epoch !== undefined && !log.isOf(after, epoch))
      return { outcome: 'replaced' };
    return log.page(after, limit);
  }

  tail(id: string, after: number, signal: AbortSignal, epoch?: number): AsyncIterable<StreamPage> {
    return tailByReading(this.#tailSource, id, after, signal, epoch);
  }

  head(id: string): Promise<Found | Absent> {
    const log = this.#logs.find(id);
    return Promise.resolve(
      log ? { outcome: 'found', head: log.head(this.#clock.now()) } : this.#absent(id),
    );
  }

  claim(id: string, owner: string): Promise<Claimed | ClaimRefused> {
    return Promise.resolve(this.#claim(id, owner));
  }

  #claim(id: string, owner: string): Claimed | ClaimRefused {
    const now = this.#clock.now();
    const log = this.#logs.find(id);
    if (!log) return this.#absent(id);
    if (!log.isLapsed(now)) return { outcome: log.closed ? 'closed' : 'held' };
    log.own(owner, ++this.#lastEpoch, now);
    return { outcome: 'claimed', head: log.head(now) };
  }

  renew(id: string, epoch: number): Promise<Renewed | LeaseRefused> {
    const log = this.#held(id, epoch);
    if (!(log instanceof MemoryLog)) return Promise.resolve(log);
    log.extend(this.#clock.now());
    return Promise.resolve({ outcome: 'renewed', cancelRequested: log.cancelRequested });
  }

  release(id: string, epoch: number): Promise<Released | LeaseRefused> {
    const log = this.#held(id, epoch);
    if (!(log instanceof MemoryLog)) return Promise.resolve(log);
    log.own(undefined, ++this.#lastEpoch, this.#clock.now());
    return Promise.resolve({ outcome: 'released' });
  }

  #held(id: string, epoch: number): MemoryLog | LeaseRefused {
    const log = this.#logs.find(id);
    if (!log) return { outcome: 'gone' };
    if (log.epoch !== epoch) return { outcome: 'fenced' };
    return log.closed ? { outcome: 'closed' } : log;
  }

  requestCancel(id: string): Promise<CancelRequest> {
    const log = this.#logs.find(id);
    if (!log) return Promise.resolve(this.#absent(id));
    if (log.closed) return Promise.resolve({ outcome: 'closed' });
    log.cancelRequested = true;
    return Promise.resolve({ outcome: 'requested' });
  }

  delete(id: string, incarnation?: string): Promise<Deletion> {
    const log = this.#logs.find(id);
    if (!log) return Promise.resolve(this.#absent(id));
    if (incarnation !== undefined && incarnation !== log.incarnation) {
      return Promise.resolve({ outcome: 'gone' });
    }
    this.#logs.delete(log);
    return Promise.resolve({ outcome: 'deleted' });
  }

  listLapsed(limit: number): Promise<readonly string[]> {
    const now = this.#clock.now();
    const lapsed = this.#logs.all().filter((log) => log.isLapsed(now));
    lapsed.sort((one, other) => one.leaseEnd - other.leaseEnd || 0);
    return Promise.resolve(lapsed.slice(0, limit).map((log) => log.stream.id));
  }

  #absent(id: string): Absent {
    return absence(id, this.#incarnation);
  }

  get #tailSource(): TailSource {
    return {
      clock: this.#clock,
      read: (...args) => this.read(...args),
      watch: (id, wake) => this.#logs.watch(id, wake),
      // Appends wake; this only notices a stream whose time is over.
      poll: 1000,
      storeTimeout: 0,
    };
  }
}
